/** Reads command lines as `@std/cli` does, which does it as minimist does. */

/** What `parseArgs()` returns: a key for each flag, and the words in `_`. */
export type Args<
  Booleans extends string = never,
  Strings extends string = never,
  Collected extends string = never,
> =
  & Record<string, unknown>
  & { [Key in Exclude<Booleans, Collected>]: boolean }
  & { [Key in Exclude<Strings, Collected>]?: string }
  & { [Key in Extract<Strings, Collected>]: string[] }
  & {
    /** The words that belong to no flag; numbers unless `string` has `_`. */
    _: Array<string | number>;
    /** The words after `--`, if the option `--` is set. */
    "--"?: string[];
  };

/** Which flags there are. All other flags go by their looks. */
export interface ParseOptions<
  Booleans extends string = string,
  Strings extends string = string,
  Collected extends string = string,
> {
  /** Puts the words after `--` into `--` instead of `_`. */
  readonly "--"?: boolean;
  /** Other names of flags; values are set under all names. */
  readonly alias?: Record<string, string | readonly string[]>;
  /** Flags without a value: `false` unless given. */
  readonly boolean?: Booleans | readonly Booleans[];
  /** Flags whose values all count, in an array. */
  readonly collect?: Collected | readonly Collected[];
  /** Values of flags that are not given. */
  readonly default?: Record<string, unknown>;
  /** Flags that `--no-…` sets to `false`. */
  readonly negatable?: string | readonly string[];
  /** Leaves all after the first word as it is. */
  readonly stopEarly?: boolean;
  /** Flags whose values stay strings; `_` for the words. */
  readonly string?: Strings | readonly Strings[];
  /** Is told each word and unlisted flag; `false` drops it. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Takes a command line apart into flags and words. */
export function parseArgs<
  Booleans extends string = never,
  Strings extends string = never,
  Collected extends string = never,
>(
  args: string[],
  options: ParseOptions<Booleans, Strings, Collected> = {},
): Args<Booleans, Strings, Collected> {
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  const after = end < 0 ? [] : args.slice(end + 1);
  const parser = new Parser(options);
  parser.parse(before);
  parser.fillIn();
  if (options["--"]) parser.result["--"] = after;
  else parser.result._.push(...after);
  return parser.result as Args<Booleans, Strings, Collected>;
}

class Parser {
  readonly result: Args = { _: [] };
  readonly #options: ParseOptions;
  readonly #aliases: ReadonlyMap<string, readonly string[]>;
  readonly #booleans: ReadonlySet<string>;
  readonly #strings: ReadonlySet<string>;
  readonly #collected: ReadonlySet<string>;
  readonly #negatable: ReadonlySet<string>;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#aliases = readAliases(options.alias ?? {});
    this.#booleans = this.#namesOf(options.boolean);
    this.#strings = this.#namesOf(options.string);
    this.#collected = this.#namesOf(options.collect);
    this.#negatable = this.#namesOf(options.negatable);
  }

  parse(args: readonly string[]): void {
    const rest = [...args];
    for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
      if (/^--./s.test(arg)) this.#parseLong(arg, rest);
      else if (/^-./s.test(arg)) this.#parseShort(arg, rest);
      else {
        this.#addWord(arg);
        if (this.#options.stopEarly) this.result._.push(...rest.splice(0));
      }
    }
  }

  fillIn(): void {
    const { result } = this;
    for (const [key, value] of Object.entries(this.#options.default ?? {})) {
      if (Object.hasOwn(result, key)) continue;
      for (const name of this.#allNames(key)) result[name] = value;
    }
    for (const name of [...this.#booleans, ...this.#strings]) {
      if (Object.hasOwn(result, name)) continue;
      if (this.#collected.has(name)) result[name] = [];
      else if (this.#booleans.has(name)) result[name] = false;
    }
  }

  #parseLong(arg: string, rest: string[]): void {
    const [, key = "", text] = /^--(.+?)(?:=(.+))?$/s.exec(arg) ?? [];
    const negated = key.slice("no-".length);
    if (text !== undefined) {
      const isBoolean = this.#booleans.has(key);
      this.#set(key, isBoolean ? text !== "false" : text, arg);
    } else if (key.startsWith("no-") && this.#negatable.has(negated)) {
      const value = false;
      this.#set(negated, value, arg, "replace");
    } else {
      this.#setByNext(key, arg, rest, /^-/);
    }
  }

  #parseShort(arg: string, rest: string[]): void {
    const letters = arg.slice(1, -1);
    for (let index = 0; index < letters.length; index++) {
      const letter = letters.charAt(index);
      const next = arg.slice(index + 2);
      const value = valueAfter(letter, next);
      if (value !== undefined && value !== "-") {
        return this.#set(letter, value, arg);
      }
      this.#set(letter, value ?? this.#given(letter), arg);
    }
    const last = arg.slice(-1);
    if (last !== "-") this.#setByNext(last, arg, rest, /^--?[^-]/);
  }

  /** Takes the next argument as the value, if it can be one. */
  #setByNext(key: string, arg: string, rest: string[], flag: RegExp): void {
    const next = rest[0];
    const isText = next === "true" || next === "false";
    const takes = next && !flag.test(next) && !this.#booleans.has(key);
    if (!takes && !isText) return this.#set(key, this.#given(key), arg);
    rest.shift();
    this.#set(key, takes ? next : next !== "false", arg);
  }

  /** What a flag without a value is set to. */
  #given(key: string): string | boolean {
    return this.#strings.has(key) ? "" : true;
  }

  #set(
    key: string,
    given: string | boolean,
    arg: string,
    mode: "collect" | "replace" = "collect",
  ): void {
    const isKnown = this.#booleans.has(key) || this.#strings.has(key) ||
      this.#aliases.has(key);
    if (!isKnown && this.#options.unknown?.(arg, key, given) === false) return;
    const value = typeof given === "string" && !this.#strings.has(key)
      ? toNumber(given)
      : given;
    const { result } = this;
    for (const name of this.#allNames(key)) {
      const old = result[name];
      const collects = mode === "collect" && this.#collected.has(key);
      if (!collects) result[name] = value;
      else result[name] = Array.isArray(old) ? [...old, value] : [value];
    }
  }

  #addWord(arg: string): void {
    if (this.#options.unknown?.(arg) === false) return;
    this.result._.push(this.#strings.has("_") ? arg : toNumber(arg));
  }

  #namesOf(names: string | readonly string[] = []): ReadonlySet<string> {
    return new Set([names].flat().flatMap((name) => this.#allNames(name)));
  }

  #allNames(name: string): string[] {
    return [name, ...this.#aliases.get(name) ?? []];
  }
}

function readAliases(
  alias: Record<string, string | readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, readonly string[]>();
  for (const [key, others] of Object.entries(alias)) {
    const names = [key, ...[others].flat()];
    for (const name of names) {
      aliases.set(name, names.filter((other) => other !== name));
    }
  }
  return aliases;
}

/** The value that follows a letter in the same argument, if one does. */
function valueAfter(letter: string, next: string): string | undefined {
  if (next === "-") return next;
  if (/[a-z]/i.test(letter)) {
    if (next.includes("=")) return next.slice(next.indexOf("=") + 1);
    if (/-?\d+(\.\d*)?(e-?\d+)?$/.test(next)) return next;
  }
  return next.length > 1 && /^\W/.test(next) ? next : undefined;
}

function toNumber(text: string): string | number {
  const isNumber = /^0x[0-9a-f]+$/i.test(text) ||
    /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?$/.test(text);
  return isNumber ? Number(text) : text;
}
