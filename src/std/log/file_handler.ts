/** Keeps messages in a file. */

import { BaseHandler, type BaseHandlerOptions } from "./base_handler.ts";
import { type LevelName, LogLevels } from "./levels.ts";
import type { LogRecord } from "./log_record.ts";

/** Which file, and how to open and write it. */
export interface FileHandlerOptions extends BaseHandlerOptions {
  filename: string;
  /** Append, the default; write again; or write only what is not there. */
  mode?: "a" | "w" | "x";
  /** The buffer's size in bytes; 4096 is the default. */
  bufferSize?: number;
}

const encoder = new TextEncoder();

/** Buffers messages, and writes them to a file, at the latest at the end. */
export class FileHandler extends BaseHandler {
  readonly #options: FileHandlerOptions;
  readonly #atEnd = () => this.destroy();
  #file: Deno.FsFile | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(levelName: LevelName, options: FileHandlerOptions) {
    super(levelName, options);
    this.#options = options;
  }

  override setup(): void {
    const { filename, mode = "a" } = this.#options;
    this.#file = Deno.openSync(filename, {
      write: true,
      create: mode !== "x",
      createNew: mode === "x",
      append: mode === "a",
      truncate: mode !== "a",
    });
    addEventListener("unload", this.#atEnd);
  }

  override handle(logRecord: LogRecord): void {
    super.handle(logRecord);
    // Such a message may be the last one.
    if (logRecord.level > LogLevels.ERROR) this.flush();
  }

  override log(msg: string): void {
    const bytes = encoder.encode(`${msg}\n`);
    const { bufferSize = 4096 } = this.#options;
    if (this.#waitingBytes + bytes.length > bufferSize) this.flush();
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > bufferSize) this.flush();
  }

  /** Writes the buffer. */
  flush(): void {
    for (const bytes of this.#waiting) {
      for (let at = 0; at < bytes.length;) {
        at += this.#file?.writeSync(bytes.subarray(at)) ?? bytes.length;
      }
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  override destroy(): void {
    this.flush();
    this.#file?.close();
    this.#file = undefined;
    removeEventListener("unload", this.#atEnd);
  }
}
