import { assertEquals, assertThrows } from "@std/assert";
import {
  applyStorageConf,
  EMPTY_STORAGE_CONF,
  type StorageConf,
} from "../../../src/formats/config/storage_conf.ts";

const ALL: StorageConf = {
  ...{ graphRoot: "/g", runRoot: "/r", driver: "overlay", imageStore: "/i" },
  ...{ transient: true, additionalStores: ["/a"], mountProgram: "/m" },
  ...{ forceMask: "shared", composefs: true },
};

Deno.test("applyStorageConf() lets a later file overrule an earlier one", async (t) => {
  const cases: readonly (readonly [string, string, Partial<StorageConf>])[] = [
    ["nothing", "", {}],
    [
      "all of the table",
      '[storage]\ngraphroot="/G"\nrunroot="/R"\ndriver="vfs"\n' +
      'imagestore="/I"\ntransient_store=false\n',
      {
        ...{ graphRoot: "/G", runRoot: "/R", driver: "vfs", imageStore: "/I" },
        transient: false,
      },
    ],
    [
      "empty texts, which say nothing",
      '[storage]\ngraphroot=""\nrunroot=""\ndriver=""\nimagestore=""\n' +
      '[storage.options]\nmount_program=""\nforce_mask=""\nuse_composefs=""\n',
      {},
    ],
    [
      "options of all drivers",
      '[storage.options]\nmount_program="/M"\nforce_mask=700\n' +
      "use_composefs=false\n",
      { mountProgram: "/M", forceMask: "700", composefs: false },
    ],
    [
      "options of overlay before those of all",
      '[storage.options]\nmount_program="/M"\nuse_composefs="true"\n' +
      '[storage.options.overlay]\nmount_program="/O"\nuse_composefs="false"\n' +
      'force_mask="private"\n',
      { mountProgram: "/O", forceMask: "private", composefs: false },
    ],
    [
      "stores in the place of others",
      '[storage.options]\nadditionalimagestores=["/b","/c"]\n',
      { additionalStores: ["/b", "/c"] },
    ],
    [
      "stores behind others",
      '[storage.options]\nadditionalimagestores=["/b",{append=true}]\n',
      { additionalStores: ["/a", "/b"] },
    ],
    [
      "stores of layers in the place of those of images",
      '[storage.options]\nadditionalimagestores=["/b"]\n' +
      'additionallayerstores=["/l"]\n',
      { additionalStores: ["/l"] },
    ],
    [
      "stores that say not to append",
      '[storage.options]\nadditionalimagestores=["/b",{append=false}]\n',
      { additionalStores: ["/b"] },
    ],
    [
      "no stores any more",
      "[storage.options]\nadditionalimagestores=[]\n",
      { additionalStores: [] },
    ],
  ];
  for (const [name, text, changed] of cases) {
    await t.step(name, () => {
      const conf = applyStorageConf(ALL, text, "/s.conf");
      assertEquals(conf, { ...ALL, ...changed });
    });
  }
  await t.step("from nothing on", () => {
    assertEquals(
      applyStorageConf(EMPTY_STORAGE_CONF, "", "/s.conf"),
      EMPTY_STORAGE_CONF,
    );
    const text =
      '[storage.options]\nadditionalimagestores=[{append=true},"/b"]';
    assertEquals(
      applyStorageConf(EMPTY_STORAGE_CONF, text, "/s.conf"),
      { ...EMPTY_STORAGE_CONF, additionalStores: ["/b"] },
    );
  });
});

Deno.test("applyStorageConf() names what is malformed", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["[storage", '"/s.conf": line 1: '],
    ["storage=1", '"/s.conf", storage, storage: expected an object, got 1'],
    ["[storage]\noptions=1", '"/s.conf", storage, options: expected an object'],
    ["[storage]\ngraphroot=[]", '"/s.conf", storage, graphroot: expected a'],
    ["[storage]\ntransient_store=1", '"/s.conf", storage: expected true or'],
    [
      "[storage.options]\nadditionalimagestores=1",
      '"/s.conf", storage, additionalimagestores: expected an array, got 1',
    ],
    [
      "[storage.options]\nadditionallayerstores=[1]",
      '"/s.conf", storage, additionallayerstores: it is no list of strings',
    ],
    ["\ufffd", '"/s.conf": it is not valid UTF-8'],
  ];
  for (const [text, why] of cases) {
    await t.step(text, () => {
      assertThrows(
        () => applyStorageConf(ALL, text, "/s.conf"),
        SyntaxError,
        `Cannot read ${why}`,
      );
    });
  }
});
