import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '../simulators/kit/control-client.ts';
import type { RunningSimulator } from '../simulators/kit/spawn-simulator.ts';
import type { RunningTarget } from './simulated-target.ts';

/** Pauses before a crashed simulator starts again, in milliseconds. */
const AWAY_MS = 1_000;

/** What faults do to a simulator that keeps its data in a file. */
export function restartable<Faults>(
  first: RunningSimulator & { readonly control: ControlClient<Faults> },
  start: (port: number) => Promise<RunningSimulator>,
): Pick<RunningTarget, 'setFaults' | 'clearFaults' | 'setClock' | 'crash' | 'stop'> {
  const { control } = first;
  let running: RunningSimulator = first;
  let turn: Promise<void> = Promise.resolve();
  async function crashAfter(before: Promise<void>, whileAway: () => void): Promise<void> {
    await before;
    await running.kill();
    await sleep(AWAY_MS);
    whileAway();
    running = await start(Number(new URL(running.url).port));
  }
  return {
    // The simulator parses what it is sent, and refuses a knob that it does not have.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    setFaults: (faults) => control.setFaults(faults as Faults),
    clearFaults: () => control.clearFaults(),
    setClock: (offsetMs) => control.setClock(offsetMs),
    crash: (whileAway = () => {}) => (turn = crashAfter(turn, whileAway)),
    async stop() {
      await turn;
      await running.stop();
    },
  };
}
