/** Parses templates: the grammar of Go's text/template, without `define`. */

import { PipelineParser } from "./parse_pipeline.ts";
import { type Segment, splitTemplate } from "./split_template.ts";
import { TemplateError } from "./template_error.ts";
import type { Node } from "./template_tree.ts";

/** A template that can be filled in. */
export interface ParsedTemplate {
  readonly nodes: readonly Node[];
  /** Fields that it wants of the value it is filled in with. */
  readonly rootFields: readonly {
    readonly name: string;
    readonly at: number;
  }[];
}

/**
 * Parses a template.
 *
 * @param decode Applied to the text between actions.
 * @throws {TemplateError} At the first mistake.
 */
export function parseTemplate(
  source: string,
  decode: (text: string) => string = (text) => text,
): ParsedTemplate {
  const parser = new TemplateParser(splitTemplate(source, decode));
  const nodes = parser.parse();
  return { nodes, rootFields: parser.rootFields };
}

const MOST_CONTROLS = 500;

type Action = Extract<Segment, { kind: "action" }>;

/** A list of nodes, and the action that ended it. */
interface Block {
  readonly nodes: readonly Node[];
  readonly end: Action | undefined;
}

class TemplateParser {
  readonly rootFields: { name: string; at: number }[] = [];
  readonly #segments: readonly Segment[];
  #index = 0;
  /** Names of the variables that are known here, the outermost first. */
  #variables: string[] = ["$"];
  /** How many `range` and `with` have given the dot another value. */
  #dotDepth = 0;
  #loopDepth = 0;
  #controls = 0;

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  parse(): readonly Node[] {
    const { nodes, end } = this.#parseBlock();
    if (end === undefined) return nodes;
    const [{ text = "" } = {}] = end.tokens;
    throw new TemplateError(
      `there is nothing that {{${text}}} belongs to`,
      end.at,
    );
  }

  /** Reads up to `{{end}}`, `{{else}}`, or the end of the template. */
  #parseBlock(): Block {
    const nodes: Node[] = [];
    while (true) {
      const segment = this.#segments[this.#index++];
      if (segment === undefined) return { nodes, end: undefined };
      if (segment.kind === "text") {
        nodes.push(segment);
        continue;
      }
      const word = keywordOf(segment);
      if (word === "end" || word === "else") return { nodes, end: segment };
      nodes.push(this.#parseAction(segment, word));
    }
  }

  #parseAction(action: Action, word: string | undefined): Node {
    switch (word) {
      case "if":
      case "with":
      case "range":
        return this.#parseControl(word, action, 1);
      case "break":
      case "continue":
        if (this.#loopDepth > 0 && action.tokens.length === 1) {
          return { kind: word };
        }
        throw new TemplateError(
          `{{${word}}} must stand alone in a {{range}}`,
          action.at,
        );
      case "define":
      case "template":
      case "block":
        throw new TemplateError(
          `{{${word}}} is not supported: there are no templates in templates`,
          action.at,
        );
      default:
        return { kind: "action", pipeline: this.#parsePipeline(action, 0, 1) };
    }
  }

  /** Parses what comes after the words `if`, `with`, `range`, `else if`. */
  #parseControl(
    kind: "if" | "with" | "range",
    action: Action,
    wordCount: number,
  ): Node {
    // Far beyond all use, and far below what fits the stack.
    if (++this.#controls > MOST_CONTROLS) {
      throw new TemplateError(
        `there are more than ${MOST_CONTROLS} {{if}}, {{with}} and {{range}}`,
        action.at,
      );
    }
    const known = this.#variables.length;
    const most = kind === "range" ? 2 : 1;
    const pipeline = this.#parsePipeline(action, wordCount, most);
    const depth = kind === "if" ? 0 : 1;
    const loop = kind === "range" ? 1 : 0;
    this.#dotDepth += depth;
    this.#loopDepth += loop;
    const { nodes: then, end } = this.#parseBlock();
    this.#dotDepth -= depth;
    this.#loopDepth -= loop;
    const otherwise = this.#parseElse(kind, action, end);
    this.#variables.length = known;
    return { kind, pipeline, then, otherwise, at: action.at };
  }

  #parseElse(
    kind: "if" | "with" | "range",
    action: Action,
    end: Action | undefined,
  ): readonly Node[] {
    if (end === undefined) {
      throw new TemplateError(`{{${kind}}} has no {{end}}`, action.at);
    }
    const [first, second] = end.tokens;
    if (first?.text === "end") {
      if (second === undefined) return [];
      throw new TemplateError(
        `"${second.text}" cannot follow "end"`,
        second.at,
      );
    }
    if (second === undefined) {
      const last = this.#parseBlock();
      if (last.end === undefined || keywordOf(last.end) === "end") {
        this.#parseElse(kind, action, last.end);
        return last.nodes;
      }
      throw new TemplateError("{{else}} cannot follow {{else}}", last.end.at);
    }
    if (second.text === kind && kind !== "range") {
      return [this.#parseControl(kind, end, 2)];
    }
    throw new TemplateError(`"${second.text}" cannot follow "else"`, second.at);
  }

  #parsePipeline(action: Action, from: number, mostVariables: number) {
    const parser = new PipelineParser(action, {
      from,
      mostVariables,
      variables: this.#variables,
    });
    const pipeline = parser.parse();
    for (const { name, at, isOfRoot } of parser.fields) {
      if (isOfRoot || this.#dotDepth === 0) this.rootFields.push({ name, at });
    }
    return pipeline;
  }
}

function keywordOf({ tokens: [first] }: Action): string | undefined {
  return first?.kind === "word" ? first.text : undefined;
}
