import { readFileSync, readdirSync } from 'node:fs';

/** Linux only, like all of this file: CPU of a process and of its children, those that have ended included. */
export function cpuSecondsOf(pid: number): number {
  const children = readdirSync('/proc').filter((child) => /^\d+$/.test(child) && statOf(child)[1] === String(pid));
  const ticks = children.reduce((all, child) => all + sum(statOf(child), [11, 12]), sum(statOf(pid), [11, 12, 13, 14]));
  return ticks / TICKS_PER_SECOND;
}

/** The most memory that a process has had, in megabytes; 0 if it has ended. */
export const peakMegabytesOf = (pid: number): number => readMegabytes(pid, 'VmHWM');

/** Resident memory of a process now, in megabytes; 0 if it has ended. */
export const megabytesOf = (pid: number): number => readMegabytes(pid, 'VmRSS');

function readMegabytes(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(status)?.[1] ?? 0) / 1_024);
  } catch {
    return 0;
  }
}

const TICKS_PER_SECOND = 100;

/** The fields of a process's state, from the third; empty if it has ended. */
function statOf(pid: string | number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

const sum = (fields: readonly string[], columns: readonly number[]) =>
  columns.reduce((total, column) => total + Number(fields[column] ?? 0), 0);
