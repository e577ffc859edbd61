/** What a scripted server does to the requests that it gets. */

import type { Bytes } from "../../../src/formats/bytes.ts";

/** A request as it came. */
export interface ScriptedRequest {
  /** `""` for what is no HTTP. */
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  /** Which connection it came by, from 1. */
  readonly connection: number;
  /** The server's own place, such as `127.0.0.1:40123`. */
  readonly host: string;
}

/** An answer of the script's own; the server behind is not asked. */
export interface OwnAnswer {
  readonly status?: number;
  /** With a Content-Length unless one is here, or is `null`. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string | Bytes | Iterable<string>;
}

/** What is done to one request; nothing is: the server behind answers it. */
export interface Action {
  /** Before anything else. */
  readonly delayMs?: number;
  readonly answer?: OwnAnswer;
  /** These bytes instead of HTTP, and then the end. */
  readonly raw?: Iterable<string>;
  /** After each piece of `raw`, or of a body. */
  readonly pauseMs?: number;
  /** The path that the server behind is asked for instead. */
  readonly path?: string;
  /** Headers of the request that are others for the server behind. */
  readonly requestHeaders?: Readonly<Record<string, string | null>>;
  /** In place of what the server behind says. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Makes another body of the one that comes; sets its Content-Length. */
  readonly rewrite?: (body: Bytes) => Bytes;
  readonly version?: "1.0" | "1.1";
  /** How fast the answer's body goes. */
  readonly bytesPerSecond?: number;
  /** Where the answer stops: `"start"`, or so many bytes of its body. */
  readonly stopAt?: "start" | number;
  /**
   * The same of what comes: so many bytes of the request's body. An answer of the
   * script's own comes then, and is the last one.
   */
  readonly stopRequestAt?: number;
  /** What a stop is; `"hang"` lasts until the server is released. */
  readonly stop?: "close" | "reset" | "hang";
}

/** An action for some requests. */
export interface Rule extends Action {
  readonly method?: string;
  /** Of the path with its query. */
  readonly match?: RegExp;
  /** Which of those that fit, from 1; left out, all of them. */
  readonly nth?: number | readonly number[];
  /** Where what is done depends on the request. */
  readonly act?: (request: ScriptedRequest) => Action | undefined;
}

/** Rules, of which the first that fits counts. */
export type Script = readonly Rule[];

/** Makes a function that finds what is to be done to each request in turn. */
export function followScript(
  script: Script,
): (request: ScriptedRequest) => Action {
  const seen = new Map<Rule, number>();
  return (request) => {
    const fitting = script.filter((rule) => fits(rule, request));
    for (const rule of fitting) seen.set(rule, (seen.get(rule) ?? 0) + 1);
    for (const rule of fitting) {
      const count = seen.get(rule) ?? 0;
      const { nth = count } = rule;
      if (![nth].flat().includes(count)) continue;
      const action = rule.act === undefined ? rule : rule.act(request);
      if (action !== undefined) return action;
    }
    return {};
  };
}

function fits({ method, match }: Rule, request: ScriptedRequest): boolean {
  return (method ?? request.method) === request.method &&
    (match?.test(request.path) ?? true);
}
