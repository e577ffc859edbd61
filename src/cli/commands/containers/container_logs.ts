/** `orlop logs`. */

import { findOwn } from "../../../engine/processes/find_own.ts";
import { readLogBatches } from "../../../engine/processes/read_logs.ts";
import type { Call } from "../../command.ts";
import { readLogRange } from "../../input/flags/log_range.ts";
import { openSession } from "../../open_session.ts";
import { logTexts } from "../../render/processes/log_text.ts";
import { shortId } from "../../render/short_id.ts";
import type { LOGS } from "../../table/process_commands.ts";

/** Shows logs: one after the other, but all at once if they are followed. */
export async function run(call: Call<typeof LOGS>): Promise<void> {
  const { flags, terminal, signal } = call;
  const range = readLogRange(flags);
  using session = openSession(call, { purpose: "read" });
  const { agent } = session;
  const found = await Promise.all(call.arguments.map(async (typed) => ({
    ...{ typed, ...await findOwn(agent, typed, { verb: "read", signal }) },
  })));
  const options = {
    ...{ ...range, signal },
    atEnd: flags.follow ? "follow" : "stop",
  } as const;
  const shown = found.map(({ typed, id, names = [] }) => async () => {
    const name = flags.names ? names[0] ?? id : shortId(id);
    const text = {
      timestamps: flags.timestamps,
      name: found.length > 1 ? name : undefined,
    };
    for await (const lines of readLogBatches(agent, typed, options)) {
      const isRead = logTexts(lines, text).every(({ stream, bytes }) =>
        terminal.relay(stream, bytes) || stream === "stderr"
      );
      if (!isRead) return; // … | head
    }
  });
  if (flags.follow) {
    await Promise.all(shown.map((show) => show()));
  } else {
    for (const show of shown) await show();
  }
}
