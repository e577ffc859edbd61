import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals, assertThrows } from "@std/assert";
import {
  LinuxContainerSecurityContextSchema,
  SupplementalGroupsPolicy,
} from "../../../src/cri/api/api_pb.js";
import { userSettings } from "../../../src/cri/spec/container_user.ts";

type Context = MessageInitShape<typeof LinuxContainerSecurityContextSchema>;

function settingsOf(context: Context) {
  return userSettings(create(LinuxContainerSecurityContextSchema, context));
}

Deno.test("userSettings() says who runs, and in which groups", async (t) => {
  const rest = { gid: undefined, groups: [], memberships: "merge" } as const;
  const table: [string, Context, ReturnType<typeof userSettings>][] = [
    ["the image's", {}, { user: undefined, ...rest }],
    ["root", { runAsUser: { value: 0n } }, { user: "0", ...rest }],
    ["a name", { runAsUsername: "web" }, { user: "web", ...rest }],
    [
      "a number before a name",
      { runAsUser: { value: 7n }, runAsUsername: "web" },
      { user: "7", ...rest },
    ],
    [
      "all",
      {
        runAsUser: { value: 7n },
        runAsGroup: { value: 8n },
        supplementalGroups: [9n, 10n],
        supplementalGroupsPolicy: SupplementalGroupsPolicy.Strict,
      },
      { user: "7", gid: 8, groups: ["9", "10"], memberships: "ignore" },
    ],
  ];
  for (const [name, context, expected] of table) {
    await t.step(name, () => assertEquals(settingsOf(context), expected));
  }
});

Deno.test("userSettings() refuses whom there cannot be", async (t) => {
  const table: [string, Context, string][] = [
    ["group", { runAsGroup: { value: 8n } }, "there is no user to run as"],
    ["low", { runAsUser: { value: -1n } }, "Cannot run as user -1"],
    ["high", { runAsUser: { value: 1n << 32n } }, "Cannot run as user 4294967"],
    [
      "a group",
      { runAsUser: { value: 1n }, runAsGroup: { value: -2n } },
      "Cannot run as group -2",
    ],
    [
      "a policy",
      { supplementalGroupsPolicy: Number(2) },
      "the policy 2 is unknown",
    ],
    ["more", { supplementalGroups: [1n << 40n] }, "Cannot run as group 10995"],
  ];
  for (const [name, context, message] of table) {
    await t.step(name, () => {
      assertThrows(() => settingsOf(context), TypeError, message);
    });
  }
});
