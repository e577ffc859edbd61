/** Reads ustar archives. */

import { BLOCK_BYTES, type PosixUstarFormat, readHeader } from "./header.ts";

/** An entry of an archive. */
export interface TarStreamEntry {
  header: PosixUstarFormat;
  path: string;
  /** A file's content: read or cancel it before the next entry. */
  readable?: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Turns the bytes of an archive into entries. */
export class UntarStream
  implements TransformStream<Uint8Array, TarStreamEntry> {
  readonly readable: ReadableStream<TarStreamEntry>;
  readonly writable: WritableStream<Uint8Array>;

  constructor() {
    const input = new TransformStream<Uint8Array, Uint8Array>();
    this.writable = input.writable;
    this.readable = ReadableStream.from(readArchive(input.readable));
  }
}

// Links, devices, folders and fifos have none.
const WITHOUT_CONTENT = "123456";

async function* readArchive(
  input: ReadableStream<Uint8Array>,
): AsyncGenerator<TarStreamEntry> {
  const blocks = new BlockReader(input);
  for (;;) {
    const block = await blocks.read();
    if (block === undefined) throw tooShort("invalid ending");
    if (block.every((byte) => byte === 0)) break;
    const header = readHeader(block);
    const path = header.prefix
      ? `${header.prefix}/${header.name}`
      : header.name;
    if (WITHOUT_CONTENT.includes(header.typeflag)) {
      yield { header, path };
      continue;
    }
    const content = openContent(blocks, header.size);
    yield { header, path, readable: content.readable };
    await content.ended;
  }
  await blocks.cancel();
}

function openContent(blocks: BlockReader, size: number) {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let left = size;
  const next = async () => {
    const block = await blocks.read();
    if (block === undefined) throw tooShort("unexpected end");
    const content = block.slice(0, left);
    left -= content.length;
    return content;
  };
  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (left > 0) controller.enqueue(await next());
      if (left > 0) return;
      controller.close();
      resolve();
    },
    async cancel() {
      while (left > 0) await next();
      resolve();
    },
  }, { highWaterMark: 0 });
  return { readable, ended };
}

/** Cuts a stream into blocks. */
class BlockReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(input: ReadableStream<Uint8Array>) {
    this.#reader = input.getReader();
  }

  /** @returns A whole block; nothing at the end of the stream. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#rest.length < BLOCK_BYTES) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      const joined = new Uint8Array(this.#rest.length + value.length);
      joined.set(this.#rest);
      joined.set(value, this.#rest.length);
      this.#rest = joined;
    }
    const block = this.#rest.subarray(0, BLOCK_BYTES);
    this.#rest = this.#rest.subarray(BLOCK_BYTES);
    return block;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

function tooShort(what: string): SyntaxError {
  return new SyntaxError(`Cannot extract the tar archive: it has an ${what}`);
}
