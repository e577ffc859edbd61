import { assertEquals, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import {
  findState,
  forgetAttachment,
  listAttachments,
  noteAttachment,
} from "../../../src/engine/sandboxes/attachment_note.ts";
import {
  sandboxPath,
  type SandboxState,
  writeSandboxState,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import {
  attachmentPath,
  attachmentsDirectory,
} from "../../../src/store/paths.ts";
import { sandboxState } from "../../support/sandboxes.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ID = parseContainerId("a".repeat(64));
const STATE = sandboxState();
const NOTED: SandboxState = { ...STATE, phase: "making" };

Deno.test("findState() takes the state, or else the note", async (t) => {
  // Each file, and the phase that is found.
  type File = "good" | "damaged" | "missing";
  const cases: readonly (readonly [File, File, string | undefined])[] = [
    ["good", "good", "ready"],
    ["good", "missing", "ready"],
    ["good", "damaged", "ready"],
    ["missing", "good", "making"],
    ["missing", "missing", undefined],
    ["damaged", "good", "making"],
    ["damaged", "missing", "fails"],
    ["damaged", "damaged", "fails"],
    ["missing", "damaged", "fails"],
  ];
  for (const [state, note, expected] of cases) {
    await t.step(`${state} state, ${note} note`, async () => {
      using test = storeAgent();
      const { agent, messages } = test;
      const path = sandboxPath(agent, ID);
      await Deno.mkdir(dirname(path), { recursive: true });
      if (state === "good") writeSandboxState(agent, ID, STATE);
      if (state === "damaged") await Deno.writeTextFile(path, "{");
      noteAttachment(agent, ID, NOTED);
      const notePath = attachmentPath(agent.store.paths, ID);
      if (note === "damaged") await Deno.writeTextFile(notePath, "{");
      if (note === "missing") forgetAttachment(agent, ID);
      if (expected === "fails") {
        assertThrows(() => findState(agent, ID), DamagedFileError);
      } else {
        assertEquals(findState(agent, ID)?.phase, expected);
      }
      const isWarned = state === "damaged" && note === "good";
      assertEquals(messages.length, isWarned ? 1 : 0);
    });
  }
});

Deno.test("listAttachments() lists notes, and nothing else that is there", async () => {
  using test = storeAgent();
  const { agent } = test;
  assertEquals(listAttachments(agent), []);
  forgetAttachment(agent, ID); // there is none
  noteAttachment(agent, ID, NOTED);
  const directory = attachmentsDirectory(agent.store.paths);
  for (const name of [".hidden.json", "b.json.tmp", "c"]) {
    await Deno.writeTextFile(`${directory}/${name}`, "{}");
  }
  assertEquals(listAttachments(agent), [ID]);
  forgetAttachment(agent, ID);
  assertEquals(listAttachments(agent), []);
});
