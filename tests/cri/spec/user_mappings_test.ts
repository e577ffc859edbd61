import { assertEquals, assertThrows } from "@std/assert";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  NamespaceMode,
  type NamespaceOption,
  NamespaceOptionSchema,
  type UserNamespaceSchema,
} from "../../../src/cri/api/api_pb.js";
import { checkUsers, usersOf } from "../../../src/cri/spec/user_mappings.ts";

type Asked = MessageInitShape<typeof UserNamespaceSchema>;

const { POD, NODE, CONTAINER, TARGET } = NamespaceMode;
const RANGE = { hostId: 1000, length: 100_000 };
const OWN: Asked = { mode: POD, uids: [RANGE], gids: [RANGE] };
const USERS = {
  uids: { first: 1000, count: 100_000 },
  gids: { first: 1000, count: 100_000 },
};

Deno.test("usersOf() takes one range each, of which somebody is root", async (t) => {
  assertEquals(usersOf(undefined), undefined);
  assertEquals(usersOf(create(NamespaceOptionSchema)), undefined);
  assertEquals(usersOf(option({ mode: NODE })), undefined);
  assertEquals(usersOf(option(OWN)), USERS);
  const table: [Asked, string][] = [
    [{ mode: POD }, "expected one range of users, not 0"],
    [{ ...OWN, uids: [RANGE, RANGE] }, "expected one range of users, not 2"],
    [{ ...OWN, gids: [] }, "expected one range of groups, not 0"],
    [{ ...OWN, gids: [{ ...RANGE, containerId: 1 }] }, "begin with 1"],
    [{ ...OWN, uids: [{ ...RANGE, length: 0 }] }, "it has no users"],
    [{ ...OWN, mode: NODE }, "it is the host's"],
    [{ ...OWN, mode: CONTAINER }, "not a container's"],
    [{ ...OWN, mode: TARGET }, "not a container's"],
    [{ ...OWN, mode: 7 as NamespaceMode }, "mode 7 is unknown"],
  ];
  for (const [asked, message] of table) {
    await t.step(message, () => {
      assertThrows(() => usersOf(option(asked)), TypeError, message);
    });
  }
});

Deno.test("checkUsers() has a container be in its pod's namespace", () => {
  checkUsers(undefined, USERS);
  checkUsers(create(NamespaceOptionSchema), USERS);
  checkUsers(option(OWN), USERS);
  checkUsers(option({ mode: NODE }), undefined);
  const other = { ...OWN, gids: [{ ...RANGE, length: 1 }] };
  for (const asked of [{ mode: NODE }, other]) {
    assertThrows(
      () => checkUsers(option(asked), USERS),
      TypeError,
      "the pod has another one, or none",
    );
  }
  assertThrows(() => checkUsers(option(OWN), undefined), TypeError);
});

function option(usernsOptions: Asked): NamespaceOption {
  return create(NamespaceOptionSchema, { usernsOptions });
}
