import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { durationSeconds } from './duration.ts';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export interface Selector {
  readonly kind: 'selector';
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly operator: MatchOperator; readonly value: string }[];
  /** Null: of now. */
  readonly rangeSeconds: number | null;
}

export interface Matching {
  /** Null: all of them. */
  readonly on: readonly string[] | null;
}

export type Expression =
  | Selector
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly operator: string;
      readonly by: readonly string[];
      readonly arg: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly matching: Matching;
    };

/**
 * Parses by Prometheus' own grammar; what this project's rules and dashboard do not use is refused.
 *
 * @throws Error that names what is wrong
 */
export function parsePromql(text: string): Expression {
  const tree = parser.parse(text);
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${text}`);
    },
  });
  const [only] = childrenOf(tree.topNode).filter(({ name }) => name !== 'LineComment');
  if (only === undefined) throw new Error(`no expression: ${text}`);
  return expressionOf(only, text);
}

function childrenOf({ firstChild }: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
}

const textOf = ({ from, to }: SyntaxNode, text: string) => text.slice(from, to);

function expressionOf(node: SyntaxNode, text: string): Expression {
  const children = childrenOf(node);
  const [first] = children;
  switch (node.name) {
    case 'ParenExpr':
      return expressionOf(needed(first, node), text);
    case 'NumberDurationLiteral':
      return { kind: 'number', value: Number(textOf(node, text)) };
    case 'VectorSelector':
      return selectorOf(node, text, null);
    case 'MatrixSelector':
      return selectorOf(needed(first, node), text, durationSeconds(textOf(needed(children.at(-1), node), text)));
    case 'FunctionCall':
      return { kind: 'call', name: textOf(needed(first, node), text), args: argsOf(node, text) };
    case 'AggregateExpr': {
      const modifier = node.getChild('AggregateModifier');
      if (modifier !== null && modifier.getChild('By') === null) throw new Error(`only "by" is understood: ${text}`);
      return {
        kind: 'aggregate',
        operator: textOf(needed(first, node), text),
        by: labelNames(modifier, text),
        arg: needed(argsOf(node, text)[0], node),
      };
    }
    case 'BinaryExpr':
      return binaryOf(node, text);
    default:
      throw new Error(`${node.name} is not understood: ${textOf(node, text)}`);
  }
}

function argsOf(node: SyntaxNode, text: string): readonly Expression[] {
  return childrenOf(needed(node.getChild('FunctionCallBody'), node)).map((arg) => expressionOf(arg, text));
}

function binaryOf(node: SyntaxNode, text: string): Expression {
  const [left, operator, ...others] = childrenOf(node);
  const right = others.at(-1);
  const modifier = node.getChild('MatchingModifierClause');
  const isOn = modifier?.getChild('On') != null;
  if (others.length > 1 && !isOn) throw new Error(`only "on" is understood: ${text}`);
  return {
    kind: 'binary',
    operator: textOf(needed(operator, node), text),
    left: expressionOf(needed(left, node), text),
    right: expressionOf(needed(right, node), text),
    matching: { on: isOn ? labelNames(modifier, text) : null },
  };
}

function selectorOf(node: SyntaxNode, text: string, rangeSeconds: number | null): Selector {
  const matchers = childrenOf(node.getChild('LabelMatchers') ?? node)
    .filter(({ name }) => name === 'UnquotedLabelMatcher')
    .map((matcher) => {
      const [label, operator, value] = childrenOf(matcher).map((part) => textOf(part, text));
      return {
        label: label ?? '',
        operator: (operator ?? '=') as MatchOperator,
        value: (value ?? '').replaceAll(/^['"]|['"]$/g, ''),
      };
    });
  return { kind: 'selector', name: textOf(needed(node.getChild('Identifier'), node), text), matchers, rangeSeconds };
}

const labelNames = (modifier: SyntaxNode | null, text: string): readonly string[] =>
  (modifier?.getChild('GroupingLabels')?.getChildren('LabelName') ?? []).map((label) => textOf(label, text));

function needed<T>(part: T | null | undefined, { name }: SyntaxNode): T {
  if (part === null || part === undefined) throw new Error(`${name} lacks a part`);
  return part;
}
