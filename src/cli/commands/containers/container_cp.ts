/** `orlop cp`. */

import { resolve } from "@std/path";
import { copyFiles, type CopyPath } from "../../../engine/files/copy_files.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import type { COPY_FILES } from "../../table/enter_commands.ts";
import { UsageError } from "../../usage_error.ts";

const STREAM = "-";

/** Copies files; nothing is printed. */
export async function run(call: Call<typeof COPY_FILES>): Promise<void> {
  const { flags, signal } = call;
  const [from, to] = call.arguments;
  const [source, target] = [readPlace(from), readPlace(to)];
  if (source?.container === undefined && target?.container === undefined) {
    throw new UsageError(
      `Cannot copy "${from}" to "${to}": neither is in a container; write ` +
        "CONTAINER:PATH",
    );
  }
  checkStreams(source, target);
  using session = openSession(call);
  await copyFiles(
    session.agent,
    source ?? { archive: Deno.stdin.readable },
    target ?? { archive: Deno.stdout.writable },
    { owner: flags.archive === false ? "source" : "container", signal },
  );
}

/** Undefined for standard input or output. */
function readPlace(text: string): CopyPath | undefined {
  if (text === STREAM) return undefined;
  const colon = text.indexOf(":");
  // As in podman: a file whose name has one is written ./a:b
  if (colon > 0 && !/^[./]/.test(text)) {
    return { container: text.slice(0, colon), path: text.slice(colon + 1) };
  }
  if (text === "") throw new UsageError('Cannot copy "": it is no path');
  const absolute = resolve(text);
  const suffix = /(^|\/)\.$/.test(text) ? "/." : text.endsWith("/") ? "/" : "";
  return { path: absolute === "/" ? `/${suffix.slice(1)}` : absolute + suffix };
}

function checkStreams(
  source: CopyPath | undefined,
  target: CopyPath | undefined,
): void {
  const isTyped = source === undefined && Deno.stdin.isTerminal();
  const isShown = target === undefined && Deno.stdout.isTerminal();
  if (!isTyped && !isShown) return;
  throw new UsageError(
    "Cannot copy an archive to or from a terminal: redirect it by < or >",
  );
}
