import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

export interface OrphanWatch {
  /** The watched process has ended; the watcher can go. */
  dismiss(): void;
}

/**
 * Waits on a pipe whose other end only we hold. A line means "dismissed". End of file means that we are gone, so the
 * process is asked to stop and then killed. `kill -0` succeeds for a zombie, so its state is read as well.
 */
const SCRIPT = `
trap '' INT TERM HUP
if read -r word; then exit 0; fi
kill -s "$2" "$1" 2>/dev/null
alive() {
  kill -0 "$1" 2>/dev/null || return 1
  if [ -r "/proc/$1/stat" ]; then
    read -r stat < "/proc/$1/stat"
    case "$stat" in *') Z '*) return 1 ;; esac
  fi
}
tries=0
while alive "$1" && [ "$tries" -lt "$3" ]; do tries=$((tries + 1)); sleep 0.1; done
kill -s KILL -- "-$1" 2>/dev/null
if [ -n "$4" ]; then sleep 0.2; rm -rf -- "$4"; fi
`;

/**
 * Starts a small shell that ends the process `pid` when we are gone. Nothing is left running even after SIGKILL.
 */
export function watchFor(options: {
  readonly pid: number;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  /** A folder to remove once the process has ended after us. */
  readonly remove?: string | undefined;
}): OrphanWatch {
  const signal = options.stopSignal.replace(/^SIG/, '');
  const tries = String(Math.ceil(options.graceMs / 100));
  const watcher = spawn(
    '/bin/sh',
    ['-c', SCRIPT, 'ems-sync-orphan-watch', String(options.pid), signal, tries, options.remove ?? ''],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  );
  // Without a shell there is no watcher. An orderly stop still works.
  watcher.on('error', () => {});
  watcher.stdin.on('error', () => {});
  watcher.unref();
  // The pipe must not keep us alive. Node's types do not say that it is a socket.
  if (watcher.stdin instanceof Socket) watcher.stdin.unref();
  return {
    dismiss() {
      watcher.stdin.end('dismissed\n');
    },
  };
}
