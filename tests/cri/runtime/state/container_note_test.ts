import { assertEquals, assertThrows } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import {
  ContainerConfigSchema,
  ContainerState,
  ContainerStatusSchema,
} from "../../../../src/cri/api/api_pb.js";
import {
  type ContainerNote,
  formatNewNote,
  formatNote,
  parseNote,
} from "../../../../src/cri/runtime/state/container_note.ts";

const NOTE: ContainerNote = {
  phase: "complete",
  config: create(ContainerConfigSchema, {
    metadata: { name: "app", attempt: 3 },
    envs: [{ key: "SECRET", value: new Uint8Array([0xff, 0, 0xfe]) }],
    labels: { "": "", a: "b" },
  }),
  status: create(ContainerStatusSchema, {
    id: "2".repeat(64),
    state: ContainerState.CONTAINER_EXITED,
    startedAt: 2n ** 62n,
    exitCode: 137,
    reason: "OOMKilled",
  }),
};

Deno.test("parseNote() reads what formatNote() wrote, byte for byte", () => {
  assertEquals(parseNote(formatNote(NOTE), "a note"), NOTE);
});

Deno.test("parseNote() takes fields that it does not know for a newer kubelet's", () => {
  const note = JSON.parse(formatNote(NOTE));
  const config = { ...note.config, fieldOfTomorrow: 1 };
  const text = JSON.stringify({ ...note, config });
  assertEquals(parseNote(text, "a note"), NOTE);
});

Deno.test("parseNote() refuses what is none", async (t) => {
  const whole = JSON.parse(formatNote(NOTE));
  const cases = {
    "empty": "",
    "cut off": formatNote(NOTE).slice(0, 100),
    "another value": "[]",
    "a newer schema": JSON.stringify({ ...whole, schema: 2 }),
    "no phase": JSON.stringify({ ...whole, phase: "asleep" }),
    "no configuration": JSON.stringify({ ...whole, config: null }),
  };
  for (const [name, text] of Object.entries(cases)) {
    await t.step(name, () => {
      assertThrows(() => parseNote(text, "a note"), SyntaxError, "a note");
    });
  }
});

Deno.test("formatNewNote() refuses what could not be read again", () => {
  const noteOf = (bytes: number): ContainerNote => ({
    ...NOTE,
    config: create(ContainerConfigSchema, {
      metadata: { name: "app", attempt: 0 },
      annotations: { a: "x".repeat(bytes) },
    }),
  });
  const large = noteOf(5e6);
  assertEquals(parseNote(formatNewNote(large), "a note"), large);
  assertThrows(() => formatNewNote(noteOf(9e6)), TypeError, "that can be kept");
});
