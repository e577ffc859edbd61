/** Parses what stands in an action: `$x := printf "%s" .Name | upper`. */

import { type Token, toNumber, unquote } from "./read_token.ts";
import type { Segment } from "./split_template.ts";
import { TemplateError } from "./template_error.ts";
import { FUNCTIONS } from "./template_functions.ts";
import type { Command, Operand, Pipeline } from "./template_tree.ts";

/** What the pipeline stands in. */
export interface PipelineContext {
  /** The index of its first token. */
  readonly from: number;
  /** How many variables may be declared at once. */
  readonly mostVariables: number;
  /** Those that are known; new ones are added. */
  readonly variables: string[];
}

const MOST_PARENTHESES = 200;
const KEYWORDS = ["if", "else", "end", "range", "with", "break", "continue"];

/** Parses the tokens of one action. */
export class PipelineParser {
  /** The first fields wanted of the dot, or of `$`, which is the root. */
  readonly fields: { name: string; at: number; isOfRoot: boolean }[] = [];
  readonly #tokens: readonly Token[];
  readonly #context: PipelineContext;
  readonly #end: number;
  #index: number;
  #depth = 0;

  constructor(
    { tokens, at }: Extract<Segment, { kind: "action" }>,
    context: PipelineContext,
  ) {
    this.#tokens = tokens;
    this.#context = context;
    this.#index = context.from;
    this.#end = at;
  }

  /** @throws {TemplateError} Unless all tokens make one pipeline. */
  parse(): Pipeline {
    const pipeline = this.#parsePipeline(this.#context.mostVariables);
    const rest = this.#tokens[this.#index];
    if (rest === undefined) return pipeline;
    throw new TemplateError(`"${rest.text}" cannot stand here`, rest.at);
  }

  #parsePipeline(mostVariables: number): Pipeline {
    const { variables, declares } = this.#parseVariables(mostVariables);
    const commands = [this.#parseCommand()];
    while (this.#take("|")) {
      const command = this.#parseCommand();
      const [{ what, fields }] = command.operands;
      const isCallable = what.kind === "function" && fields.length === 0;
      if (!isCallable) {
        throw new TemplateError("only a function can follow |", command.at);
      }
      commands.push(command);
    }
    const known = this.#context.variables;
    if (declares) known.push(...variables);
    return { variables, declares, commands };
  }

  /** Reads `$x :=`, `$x =` or, for `range`, `$i, $x :=`. */
  #parseVariables(most: number) {
    const start = this.#index;
    const variables: string[] = [];
    while (variables.length < most) {
      const token = this.#tokens[this.#index];
      if (token?.kind !== "variable" || token.text === "$") break;
      this.#index++;
      variables.push(token.text);
      if (this.#take(",")) continue;
      if (this.#take(":=")) return { variables, declares: true };
      if (!this.#take("=")) break;
      for (const name of variables) this.#checkVariable(name, token.at);
      return { variables, declares: false };
    }
    this.#index = start;
    return { variables: [], declares: false };
  }

  #parseCommand(): Command {
    const first = this.#tokens[this.#index];
    const at = first?.at ?? this.#end;
    if (first === undefined || isEnd(first)) {
      throw new TemplateError(
        "a value or a function is missing",
        first?.at ?? this.#end,
      );
    }
    const operands: [Operand, ...Operand[]] = [this.#parseOperand(first)];
    while (true) {
      const next = this.#tokens[this.#index];
      if (next === undefined || isEnd(next)) break;
      if (!next.isSpaced) {
        throw new TemplateError(
          `a blank is missing before "${next.text}"`,
          next.at,
        );
      }
      operands.push(this.#parseOperand(next));
    }
    this.#checkArguments(operands);
    return { operands, at };
  }

  #checkArguments([{ what, at }, ...rest]: readonly [Operand, ...Operand[]]) {
    const [second] = rest;
    if (what.kind === "nil" && second === undefined) {
      throw new TemplateError("nil is not a command", at);
    }
    if (second === undefined || what.kind === "function") return;
    throw new TemplateError(
      "what is no function takes no arguments",
      second.at,
    );
  }

  #parseOperand(token: Token): Operand {
    this.#index++;
    const what = this.#parseTerm(token);
    const fields: string[] = token.kind === "field"
      ? [token.text.slice(1)]
      : [];
    while (true) {
      const next = this.#tokens[this.#index];
      if (next?.kind !== "field" || next.isSpaced) break;
      fields.push(next.text.slice(1));
      this.#index++;
    }
    if (fields.length > 0 && (what.kind === "literal" || what.kind === "nil")) {
      throw new TemplateError(`${token.text} has no fields`, token.at);
    }
    const [name] = fields;
    const isOfRoot = what.kind === "variable" && what.name === "$";
    if (name !== undefined && (isOfRoot || what.kind === "dot")) {
      this.fields.push({ name, at: token.at, isOfRoot });
    }
    return { what, fields, at: token.at };
  }

  #parseTerm(token: Token): Operand["what"] {
    const { kind, text, at } = token;
    switch (kind) {
      case "number":
        return { kind: "literal", value: toNumber(token) };
      case "string":
        return { kind: "literal", value: unquote(token) };
      case "character":
        return { kind: "literal", value: readCharacter(token) };
      case "field":
        return { kind: "dot" };
      case "variable":
        this.#checkVariable(text, at);
        return { kind: "variable", name: text };
      case "word":
        return readWord(text, at);
      case "sign":
        if (text === ".") return { kind: "dot" };
        if (text === "(") return this.#parseParentheses(at);
        throw new TemplateError(`"${text}" cannot stand here`, at);
    }
  }

  #parseParentheses(at: number): Operand["what"] {
    // Far beyond all use, and far below what fits the stack.
    if (++this.#depth > MOST_PARENTHESES) {
      throw new TemplateError("there are too many parentheses", at);
    }
    const pipeline = this.#parsePipeline(0);
    if (this.#take(")")) return { kind: "pipeline", pipeline };
    throw new TemplateError('")" is missing', at);
  }

  #checkVariable(name: string, at: number): void {
    if (this.#context.variables.includes(name)) return;
    throw new TemplateError(`variable ${name} is not known here`, at);
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#index];
    if (token?.kind !== "sign" || token.text !== sign) return false;
    this.#index++;
    return true;
  }
}

/** Go's character constants are numbers. */
function readCharacter(token: Token): number {
  const [first = "", second] = unquote(token);
  if (second === undefined) return first.codePointAt(0) ?? 0;
  throw new TemplateError(
    `texts stand in double quotes: ${token.text}`,
    token.at,
  );
}

function readWord(text: string, at: number): Operand["what"] {
  if (text === "true" || text === "false") {
    return { kind: "literal", value: text === "true" };
  }
  if (text === "nil") return { kind: "nil" };
  if (Object.hasOwn(FUNCTIONS, text)) return { kind: "function", name: text };
  if (KEYWORDS.includes(text)) {
    throw new TemplateError(`"${text}" cannot stand here`, at);
  }
  const known = Object.keys(FUNCTIONS).toSorted().join(", ");
  throw new TemplateError(
    `there is no function "${text}" (fields begin with a dot: .${text}; ` +
      `functions are ${known})`,
    at,
  );
}

function isEnd({ kind, text }: Token): boolean {
  return kind === "sign" && (text === "|" || text === ")");
}
