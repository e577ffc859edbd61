import { assert, assertEquals, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
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
  makeDamagedNote,
  notePath,
  parseNote,
  readNote,
  stageNote,
  writeNote,
} from "../../../../src/cri/runtime/state/container_note.ts";

import { DamagedFileError } from "../../../../src/errors/store_errors.ts";
import {
  imageIdOf,
  parseContainerId,
} from "../../../../src/formats/storage/store_ids.ts";
import { digestOf } from "../../../../src/formats/oci/digest_of.ts";
import { storeAgent } from "../../../support/store_agent.ts";

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
  assertThrows(
    () => formatNewNote(noteOf(9e6)),
    TypeError,
    "characters, more than",
  );
});

Deno.test("notes are read as they are written, each by its container", async (t) => {
  using test = storeAgent();
  const { agent } = test;
  const id = parseContainerId("2".repeat(64));
  const path = notePath(agent, id);
  assertEquals(
    path,
    test.dir.join("root/overlay-containers", id, "userdata/cri.json"),
  );
  assertEquals(readNote(agent, id), undefined);
  await Deno.mkdir(dirname(path), { recursive: true });
  await t.step("at once", () => {
    for (const directory of ["sync", "later", undefined] as const) {
      const phase = directory === "later" ? "removing" : "complete";
      const note = { ...NOTE, phase } as const;
      writeNote(agent, id, { note, directory });
      assertEquals(readNote(agent, id), note);
    }
  });
  await t.step("when they are committed, for their owner alone", async () => {
    const note = { ...NOTE, phase: "removing" } as const;
    {
      using staged = stageNote(agent, id, note);
      assertEquals(readNote(agent, id)?.phase, "complete");
      await staged.sync();
      await staged.commit({});
    }
    assertEquals(readNote(agent, id), note);
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  });
  await t.step("not by another one", () => {
    const other = parseContainerId("3".repeat(64));
    writeNote(agent, id, {
      note: { ...NOTE, status: { ...NOTE.status, id: other } },
    });
    const error = assertThrows(() => readNote(agent, id), DamagedFileError);
    assert(error.message.includes(`it is that of "${other}"`), error.message);
    assert(
      error.message.includes("remove the container, or restore the file"),
      error.message,
    );
  });
});

Deno.test("makeDamagedNote() stands for what is known", () => {
  const id = parseContainerId("2".repeat(64));
  const imageId = imageIdOf(digestOf("a config"));
  const note = makeDamagedNote(id, {
    ...{ metadataName: "app", attempt: 7, imageId },
  }, "it is torn");
  assertEquals(note, {
    ...{ phase: "complete", isDamaged: true },
    config: create(ContainerConfigSchema),
    status: create(ContainerStatusSchema, {
      ...{ id, metadata: { name: "app", attempt: 7 } },
      state: ContainerState.CONTAINER_UNKNOWN,
      ...{ imageId, imageRef: imageId },
      ...{ reason: "Damaged", message: "it is torn" },
    }),
  });
});

Deno.test("formatNewNote() takes half of what can be read", () => {
  const lengthOf = (bytes: number) => {
    const note = {
      ...NOTE,
      config: create(ContainerConfigSchema, {
        metadata: { name: "app", attempt: 0 },
        annotations: { a: "x".repeat(bytes) },
      }),
    };
    return formatNewNote(note).length;
  };
  const half = 8 * 1024 * 1024;
  const rest = half - (lengthOf(1) - 1);
  assertEquals(lengthOf(rest), half);
  const error = assertThrows(() => lengthOf(rest + 1), TypeError);
  assertEquals(
    error.message,
    `Cannot create container "app": its request has ${half + 1} ` +
      `characters, more than ${half}`,
  );
});
