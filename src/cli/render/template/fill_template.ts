/** Fills templates in, by the rules of Go's text/template. */

import { goText } from "./go_text.ts";
import {
  describeKind,
  findField,
  GoMap,
  GoTime,
  isStruct,
  isTrue,
  sortedEntries,
} from "./go_values.ts";
import { TemplateError } from "./template_error.ts";
import { callFunction } from "./template_functions.ts";
import type { Command, Node, Operand, Pipeline } from "./template_tree.ts";

/**
 * Fills a template in.
 *
 * @param show Applied to what values are shown as, but not to literals.
 * @throws {TemplateError} If a value does not fit what is done with it.
 */
export function fillTemplate(
  nodes: readonly Node[],
  root: unknown,
  show: (text: string) => string = (text) => text,
): string {
  return new Filling(root, show).fill(nodes, root);
}

interface Variable {
  readonly name: string;
  value: unknown;
}

class Filling {
  #text = "";
  /** The innermost last. */
  readonly #variables: Variable[];

  readonly #show: (text: string) => string;

  constructor(root: unknown, show: (text: string) => string) {
    this.#show = show;
    this.#variables = [{ name: "$", value: root }];
  }

  fill(nodes: readonly Node[], root: unknown): string {
    this.#walk(nodes, root);
    return this.#text;
  }

  /** @returns How a loop around it goes on, if not as usual. */
  #walk(
    nodes: readonly Node[],
    dot: unknown,
  ): "break" | "continue" | undefined {
    for (const node of nodes) {
      switch (node.kind) {
        case "text":
          this.#text += node.text;
          break;
        case "action":
          this.#write(node.pipeline, dot);
          break;
        case "break":
        case "continue":
          return node.kind;
        default: {
          const known = this.#variables.length;
          const jump = this.#control(node, dot);
          this.#variables.length = known;
          if (jump !== undefined) return jump;
        }
      }
    }
    return undefined;
  }

  #write(pipeline: Pipeline, dot: unknown): void {
    const value = this.#evaluate(pipeline, dot);
    if (pipeline.variables.length > 0) return;
    const isLiteral = pipeline.commands[0]?.operands[0].what.kind === "literal";
    this.#text += isLiteral ? goText(value) : this.#show(goText(value));
  }

  #control(node: Extract<Node, { then: unknown }>, dot: unknown) {
    const { kind, pipeline, then, otherwise } = node;
    if (kind === "range") return this.#range(node, dot);
    const value = this.#evaluate(pipeline, dot);
    if (!isTrue(value)) return this.#walk(otherwise, dot);
    return this.#walk(then, kind === "with" ? value : dot);
  }

  #range(
    { pipeline, then, otherwise, at }: Extract<Node, { then: unknown }>,
    dot: unknown,
  ) {
    const { variables, declares } = pipeline;
    const value = this.#evaluate({ ...pipeline, variables: [] }, dot);
    const entries = entriesOf(value, at);
    if (entries.length === 0) return this.#walk(otherwise, dot);
    const known = this.#variables.length;
    for (const [key, item] of entries) {
      const [first, second] = variables;
      if (first !== undefined && second === undefined) {
        this.#set(first, item, { declares });
      } else if (first !== undefined && second !== undefined) {
        this.#set(first, key, { declares });
        this.#set(second, item, { declares });
      }
      const jump = this.#walk(then, item);
      this.#variables.length = known;
      if (jump === "break") break;
    }
    return undefined;
  }

  #evaluate(
    { commands, variables, declares }: Pipeline,
    dot: unknown,
  ): unknown {
    let value: unknown;
    for (const [index, command] of commands.entries()) {
      const given = index === 0 ? [] : [value];
      value = this.#run(command, dot, given);
    }
    for (const name of variables) this.#set(name, value, { declares });
    return value;
  }

  #run(
    { operands: [first, ...rest], at }: Command,
    dot: unknown,
    given: readonly unknown[],
  ): unknown {
    const { what } = first;
    if (what.kind !== "function") return this.#read(first, dot);
    const { name } = what;
    const values: unknown[] = [];
    for (const operand of rest) {
      const value = this.#read(operand, dot);
      values.push(value);
      // What comes after it may only make sense if it is so.
      if (name === "and" && !isTrue(value)) return value;
      if (name === "or" && isTrue(value)) return value;
    }
    try {
      const result = callFunction(name, [...values, ...given]);
      return readFields(result, first);
    } catch (error) {
      if (error instanceof TemplateError || !(error instanceof Error)) {
        throw error;
      }
      throw new TemplateError(`${name}: ${error.message}`, at);
    }
  }

  #read(operand: Operand, dot: unknown): unknown {
    const { what, at } = operand;
    switch (what.kind) {
      case "literal":
        return what.value;
      case "nil":
        return null;
      case "dot":
        return readFields(dot, operand);
      case "variable":
        return readFields(this.#find(what.name, at).value, operand);
      case "pipeline":
        return readFields(this.#evaluate(what.pipeline, dot), operand);
      case "function":
        return this.#run({ operands: [operand], at }, dot, []);
    }
  }

  #set(
    name: string,
    value: unknown,
    { declares }: { readonly declares: boolean },
  ): void {
    if (declares) this.#variables.push({ name, value });
    else this.#find(name, 0).value = value;
  }

  #find(name: string, at: number): Variable {
    const found = this.#variables.findLast((one) => one.name === name);
    if (found !== undefined) return found;
    throw new TemplateError(`variable ${name} has no value here`, at);
  }
}

function readFields(value: unknown, { fields, at }: Operand): unknown {
  return fields.reduce((inner, name) => readField(inner, name, at), value);
}

function readField(value: unknown, name: string, at: number): unknown {
  if (value === undefined) return undefined;
  if (value instanceof GoMap) return value.get(name);
  if (value instanceof GoTime && name === "Unix") return value.unix;
  if (!isStruct(value)) {
    throw new TemplateError(
      `.${name} is a field of ${describeKind(value)}, which has none`,
      at,
    );
  }
  const field = findField(value, name);
  if (field !== undefined) return value[field];
  throw unknownField(name, Object.keys(value), at);
}

/** Names those that there are, each once. */
export function unknownField(
  name: string,
  known: readonly string[],
  at: number,
): TemplateError {
  const fields = known.toSorted().join(", ");
  return new TemplateError(
    `there is no field .${name}; the fields are ${fields}`,
    at,
  );
}

function entriesOf(value: unknown, at: number): readonly [unknown, unknown][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (value instanceof GoMap) return sortedEntries(value);
  throw new TemplateError(`range: ${describeKind(value)} is no list`, at);
}
