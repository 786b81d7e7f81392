import type { Command } from 'commander';
import { processArgument } from './arguments.ts';

type Add = (name: string, description: string, ...examples: readonly string[]) => Command;

/** The commands that look before they act. */
export function addPlan(add: Add): void {
  add(
    'plan',
    'what the next sweep would create, change, delete, suppress, park and hold; writes nothing, needs no worker',
    'plan MAUTIC',
    'plan TAGSERVER Person --out plan.json',
  )
    .argument('<process>', 'for example MAUTIC; its settings suffice', processArgument)
    .argument('[type...]', 'for example Person; all if left out')
    .option('--out <file>', 'write every change there, for ems-sync apply')
    .option('--values', 'show personal values, which are masked otherwise')
    .option('--json', 'print JSON, with every change')
    .action(async (process, types, options) => (await import('./plan.ts')).plan(process, types, options));
}
