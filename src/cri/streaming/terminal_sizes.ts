/** Sizes of terminals from clients: remotecommand's resize stream. */

import { type Bytes, toText } from "../../formats/bytes.ts";
import type { TerminalSize } from "../../process/process_streams.ts";

// The maximum length of a size.
const MAX_TEXT_LENGTH = 1024;
// The kernel's winsize and Kubernetes' API have 16 bits.
const MAX_SIDE = 0xffff;

/**
 * Reads objects such as `{"Width":80,"Height":24}`, one behind the other. Invalid
 * sizes are skipped; malformed text ends the stream.
 */
export async function* readTerminalSizes(
  stream: ReadableStream<Bytes>,
): AsyncGenerator<TerminalSize, void> {
  let text = "";
  for await (const bytes of stream) {
    text += toText(bytes);
    const objects = text.match(/\{[^{}]*\}/g) ?? [];
    for (const object of objects) {
      const size = parseSize(object);
      if (size !== undefined) yield size;
    }
    text = text.slice(text.lastIndexOf("}") + 1);
    if (text.length > MAX_TEXT_LENGTH) return;
  }
}

function parseSize(object: string): TerminalSize | undefined {
  const columns = sideOf(object, "width");
  const rows = sideOf(object, "height");
  if (columns === undefined || rows === undefined) return undefined;
  return { columns, rows };
}

/** Undefined if it is missing or out of range. */
function sideOf(object: string, name: string): number | undefined {
  // Go reads names in any case.
  const [, digits] = new RegExp(`"${name}"\\s*:\\s*(\\d{1,5})\\s*[,}]`, "i")
    .exec(object) ?? [];
  const side = Number(digits ?? 0);
  return side >= 1 && side <= MAX_SIDE ? side : undefined;
}
