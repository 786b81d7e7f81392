package emssync.client;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The total time limit of one request, from its start. */
record TimeLimit(Duration total, long end) {

  private static final Duration LONGEST = Duration.ofDays(365);

  /** @throws EmsSyncException.BadArgument if there is no time at all */
  static TimeLimit of(Duration total) {
    if (total == null || total.isNegative() || total.isZero()) {
      throw new EmsSyncException.BadArgument("A time limit must be longer than nothing, and is " + total + ".");
    }
    Duration capped = total.compareTo(LONGEST) > 0 ? LONGEST : total;
    return new TimeLimit(total, System.nanoTime() + capped.toNanos());
  }

  /** The milliseconds left, at least 1, because some APIs read 0 as "no limit". */
  long leftMillis() {
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
  }

  boolean isOver() {
    return end - System.nanoTime() <= 0;
  }
}
