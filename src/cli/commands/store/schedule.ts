/** `orlop schedule`. */

import { isAbsolute } from "@std/path";
import {
  findSchedulers,
  formatSchedule,
  installSchedule,
  type Schedule,
  type ScheduleFile,
  type Scheduler,
} from "../../../engine/cleanup/schedule.ts";
import type { Call } from "../../command.ts";
import { COMMANDS } from "../../command_table.ts";
import { cleanupRequest } from "../../input/flags/cleanup_request.ts";
import { ownProgram } from "../../input/own_program.ts";
import { parseCommandLine } from "../../input/parse_command_line.ts";
import type { Terminal } from "../../render/terminal.ts";
import type { GC, SCHEDULE } from "../../table/store_commands.ts";
import { UsageError } from "../../usage_error.ts";

type ScheduleCall = Call<typeof SCHEDULE>;

/** Prints or installs the files of a schedule. */
export function run(call: ScheduleCall): void {
  const { flags, terminal, arguments: [word, ...words] } = call;
  const scheduler = readScheduler(word);
  const files = formatSchedule(scheduler, {
    command: gcCommand(call, words),
    every: flags.every,
    at: readTime(flags.at),
  });
  if (!flags.install) return print(files, { scheduler, terminal });
  installSchedule(files);
  for (const { path } of files) terminal.print(path);
  if (scheduler === "systemd") {
    terminal.tell(
      "Now let systemd start it: systemctl daemon-reload && " +
        "systemctl enable --now orlop-gc.timer",
    );
  }
  const others = findSchedulers().filter((other) => other !== scheduler);
  for (const other of others) {
    terminal.tell(`orlop: warning: ${other} starts cleanups already`);
  }
}

function print(
  files: readonly ScheduleFile[],
  { scheduler, terminal }: {
    readonly scheduler: Scheduler;
    readonly terminal: Terminal;
  },
): void {
  for (const [index, { path, text }] of files.entries()) {
    if (index > 0) terminal.print("");
    terminal.print(`# ${path}\n${text.trimEnd()}`);
  }
  terminal.tell(`Install it with: orlop schedule ${scheduler} --install`);
}

function readScheduler(word: string): Scheduler {
  if (word === "cron" || word === "systemd") return word;
  throw new UsageError(`Cannot schedule by "${word}": use cron or systemd`);
}

/** The cleanup's command line; checked now, as its later errors may not be seen. */
function gcCommand(
  { flags, config }: ScheduleCall,
  words: readonly string[],
): readonly string[] {
  const program = flags.program ?? ownProgram();
  if (!isAbsolute(program)) {
    throw new UsageError(`Cannot schedule "${program}": use an absolute path`);
  }
  const gc = [
    ...config.storeWords,
    ...["gc", "--quiet"],
    ...(words.some((word) => /^--wait\b/.test(word)) ? [] : WAIT),
    ...words,
  ];
  const { flags: gcFlags } = parseCommandLine(gc, COMMANDS);
  // The parser has checked the types by the table of the same command.
  cleanupRequest(gcFlags as Call<typeof GC>["flags"]);
  return [program, ...gc];
}

// Longer than another tool takes to unpack any layer, in seconds.
const WAIT = ["--wait", "600"];

function readTime(text: string): Schedule["at"] {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined) {
    return { hour: Number(hour), minute: Number(minute) };
  }
  throw new UsageError(`Cannot use "--at=${text}": write it like 03:17`);
}
