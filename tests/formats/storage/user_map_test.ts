import { assertEquals, assertThrows } from "@std/assert";
import {
  formatIdRange,
  readUserMap,
  toHostOwner,
  toMapMembers,
  type UserMap,
} from "../../../src/formats/storage/user_map.ts";

const USERS: UserMap = {
  uids: { first: 1000, count: 10 },
  gids: { first: 2000, count: 20 },
};

Deno.test("toHostOwner() finds whom the host takes for an owner", async (t) => {
  const table: [uid: number, gid: number, hostUid: number, hostGid: number][] =
    [
      [0, 0, 1000, 2000],
      [9, 19, 1009, 2019],
      // Nobody's there, and so nobody's here.
      [10, 20, 10, 20],
    ];
  for (const [uid, gid, hostUid, hostGid] of table) {
    await t.step(`${uid}:${gid}`, () => {
      assertEquals(toHostOwner(USERS, { uid, gid }), {
        uid: hostUid,
        gid: hostGid,
      });
    });
  }
});

Deno.test("readUserMap() reads what containers/storage writes", async (t) => {
  const id = "layer";
  assertEquals(readUserMap({ id }), undefined);
  assertEquals(readUserMap({ id, uidmap: [], gidmap: [] }), undefined);
  assertEquals(toMapMembers(USERS), {
    uidmap: [{ "container_id": 0, "host_id": 1000, size: 10 }],
    gidmap: [{ "container_id": 0, "host_id": 2000, size: 20 }],
  });
  assertEquals(readUserMap({ id, ...toMapMembers(USERS) }), USERS);
  const entry = { "container_id": 0, "host_id": 1, size: 1 };
  const table: [string, unknown][] = [
    ["two ranges", [entry, entry]],
    ["no root", [{ ...entry, "container_id": 1 }]],
    ["no number", [{ ...entry, size: "1" }]],
    ["groups alone", []],
    ["no list", {}],
    ["a first that is no number", [{ ...entry, "host_id": "1" }]],
    ["no entry", [7]],
  ];
  for (const [name, uidmap] of table) {
    await t.step(name, () => {
      const record = { id, uidmap, gidmap: [entry] };
      assertThrows(() => readUserMap(record), SyntaxError, 'of layer "layer"');
      const reversed = { id, uidmap: [entry], gidmap: uidmap };
      assertThrows(
        () => readUserMap(reversed),
        SyntaxError,
        'of layer "layer"',
      );
    });
  }
});

Deno.test("formatIdRange() writes what the kernel reads", () => {
  assertEquals(formatIdRange(USERS.gids), "0 2000 20");
});
