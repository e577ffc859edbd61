import { assertEquals, assertThrows } from "@std/assert";
import {
  capabilitiesIn,
  type CapabilityChange,
  chooseCapabilities,
} from "../../src/image/capabilities.ts";

const BASE = ["CAP_CHOWN", "CAP_KILL"];

Deno.test("chooseCapabilities() adds and drops as podman does", async (t) => {
  const all = chooseCapabilities(BASE, { add: ["all"] }).bounding;
  assertEquals(all.length, 41);
  const allBut = all.filter((name) => name !== "CAP_CHOWN");
  const table: [CapabilityChange, readonly string[], readonly string[]][] = [
    [{}, BASE, []],
    [{ add: ["mknod"] }, [...BASE, "CAP_MKNOD"], ["CAP_MKNOD"]],
    [{ add: ["Cap_Mknod", "MKNOD"] }, [...BASE, "CAP_MKNOD"], ["CAP_MKNOD"]],
    [{ add: ["CHOWN"] }, BASE, ["CAP_CHOWN"]],
    [{ drop: ["CHOWN"] }, ["CAP_KILL"], []],
    [{ drop: ["SYS_ADMIN"] }, BASE, []],
    [{ drop: ["ALL"] }, [], []],
    [{ drop: ["all"], add: ["KILL"] }, ["CAP_KILL"], ["CAP_KILL"]],
    [{ add: ["ALL"] }, all, all],
    [{ add: ["ALL"], drop: ["CHOWN"] }, allBut, allBut],
    [{ add: ["all", "chown"], drop: ["chown"] }, allBut, allBut],
  ];
  for (const [change, bounding, ambient] of table) {
    await t.step(JSON.stringify(change), () => {
      assertEquals(chooseCapabilities(BASE, change), { bounding, ambient });
    });
  }
});

Deno.test("chooseCapabilities() takes back what is dropped, if it is told to", async (t) => {
  const mknod = ["CAP_MKNOD"];
  const table: [CapabilityChange, readonly string[], readonly string[]][] = [
    [{ add: ["mknod"], drop: ["mknod"] }, BASE, []],
    [{ add: ["all"], drop: ["all"] }, [], []],
    [{ add: ["all", "mknod"], drop: ["all"] }, mknod, []],
    [{ add: ["mknod"] }, [...BASE, ...mknod], []],
    [{ ambient: ["mknod"], drop: ["all"] }, mknod, mknod],
    [{ ambient: ["mknod"], drop: ["mknod"] }, BASE, []],
    [{ add: ["mknod"], ambient: ["kill"] }, [...BASE, ...mknod], ["CAP_KILL"]],
  ];
  for (const [change, bounding, ambient] of table) {
    await t.step(JSON.stringify(change), () => {
      assertEquals(
        chooseCapabilities(BASE, {
          ...{ ambient: [], conflicts: "drop" },
          ...change,
        }),
        { bounding, ambient },
      );
    });
  }
});

Deno.test("chooseCapabilities() refuses contradictory requests", async (t) => {
  const table: [CapabilityChange, string][] = [
    [{ add: ["bogus"] }, '"bogus" is unknown'],
    [{ drop: ["CAP_"] }, '"CAP_" is unknown'],
    [{ add: ["sys admin"] }, "is unknown"],
    [{ add: ["toString"] }, "is unknown"],
    [{ add: ["kill"], drop: ["CAP_KILL"] }, "both added and dropped"],
    [{ add: ["all"], drop: ["ALL"] }, "all of them are both"],
  ];
  for (const [change, message] of table) {
    await t.step(JSON.stringify(change), () => {
      assertThrows(() => chooseCapabilities(BASE, change), TypeError, message);
    });
  }
});

Deno.test("capabilitiesIn() reads the kernel's masks", () => {
  assertEquals(capabilitiesIn(0x21n), ["CAP_CHOWN", "CAP_KILL"]);
  assertEquals(capabilitiesIn(1n << 40n), ["CAP_CHECKPOINT_RESTORE"]);
  assertEquals(capabilitiesIn((1n << 41n) - 1n).length, 41);
});
