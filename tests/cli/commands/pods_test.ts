import { assertEquals } from "@std/assert";
import { cliStore } from "../../support/cli_store.ts";
import { refuses, says } from "../../support/cli_says.ts";

Deno.test("pod commands list, make and remove pods", async (t) => {
  using store = await cliStore();
  const { orlop } = store;
  await says(t, store, [
    ["pod ls -q", 0, ["web-pod"]],
    ["pod ls --format {{.Name}}:{{.Status}}", 0, ["web:Created"]],
    ["pod exists web", 0, []],
    ["pod exists nope", 1, []],
    ["pod inspect web -f {{.Name}}", 0, ["web"]],
    ["pod inspect web-pod -f {{.NumContainers}}", 0, ["2"]],
  ]);
  const made = await orlop("pod create --name other");
  assertEquals([made.code, made.out.length], [0, 1]);
  const [id = ""] = made.out;
  await says(t, store, [
    ["pod ls --format {{.Name}}", 0, ["other", "web"]],
    ["pod ls --filter name=oth* -q --no-trunc", 0, [id]],
    ["pod rm other", 0, [id]],
    ["pod ls --format {{.Name}}", 0, ["web"]],
    ["pod rm -i nope", 0, []],
    ["pod stop web", 0, ["web-pod"]],
  ]);
  await refuses(t, store, [
    [
      "pod rm web",
      4,
      'Cannot remove pod "web": it has containers "server"; remove them first',
    ],
  ]);
  await says(t, store, [
    ["container rm server", 0, [store.containerId]],
    ["pod rm web", 0, ["web-pod"]],
    ["pod ls -q", 0, []],
  ]);
});

Deno.test("pod inspect tells of a pod and its containers", async () => {
  using store = await cliStore();
  const [pod] = await store.json<readonly Record<string, unknown>[]>(
    "pod inspect web",
  );
  const { Created: _, Containers: members, ...rest } = pod ?? {};
  assertEquals(rest, {
    ...{ Id: "web-pod", Name: "web", Namespace: "", Uid: "", Attempt: 0 },
    ...{ Status: "Created", InfraId: "web-pod", InfraContainerID: "web-pod" },
    NumContainers: 2,
  });
  const [member] = members as readonly Record<string, unknown>[];
  assertEquals(member?.["Id"], store.containerId);
  assertEquals([member?.["PodName"], member?.["IsInfra"]], ["web", false]);
});

Deno.test("pod commands say what is not there", async (t) => {
  using store = await cliStore();
  const none = 'Cannot find pod "nope"';
  await refuses(t, store, [
    ["pod inspect nope", 3, none],
    ["pod rm nope", 3, none],
    ["pod stop nope", 3, none],
    ["pod kill nope", 3, none],
    ["pod create --name web", 4, "Cannot create"],
  ]);
});
