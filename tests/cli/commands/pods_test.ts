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

Deno.test("pod ls shows what it is asked for", async (t) => {
  using store = await cliStore();
  const made = "pod create --name b --namespace ns --uid u1 --attempt 2";
  const { out: [id = ""] } = await store.orlop(made);
  const { out: [, ...rows] } = await store.orlop("pod ls");
  const web = (template: string, ...more: readonly string[]) =>
    [`pod ls --filter name=web --format ${template}`, 0, more] as const;
  const named = (filter: string, ...names: readonly string[]) =>
    [`pod ls --filter ${filter} --format {{.Name}}`, 0, names] as const;
  await says(t, store, [
    ["pod ls --noheading", 0, rows],
    ["pod ls -q", 0, [id.slice(0, 12), "web-pod"]],
    named("namespace=ns", "b"),
    named("namespace=n"),
    named("id=web", "web"),
    named("id=eb"),
    named("name=we"),
    named("name=we?", "web"),
    web("{{.Id}}/{{.ID}}/{{.InfraID}}", "web-pod/web-pod/web-pod"),
    web("{{.Labels}}/{{.Networks}}/{{.Namespace}}", "map[]//"),
    web("{{.ContainerIds}}", store.containerId.slice(0, 12)),
    web("{{.ContainerIds}} --no-trunc", store.containerId),
    web("{{.ContainerNames}}/{{.ContainerStatuses}}", "server/Created"),
    web("{{.NumberOfContainers}}/{{.Status}}", "1/Created"),
    ["pod inspect b -f {{.Namespace}}/{{.Uid}}/{{.Attempt}}", 0, ["ns/u1/2"]],
    ["pod rm --force b", 0, [id]],
    ["pod stop --all", 0, ["web-pod"]],
    ["pod rm --all --force", 0, ["web-pod"]],
    ["ps -q", 0, []],
  ]);
  await refuses(t, store, [
    ["pod ls --filter name=[", 2, 'Cannot use "--filter=name=[": write a name'],
    ["pod ls --filter odd=1", 2, 'Cannot use "--filter=odd=1": write KEY='],
    ["pod create --attempt x", 2, 'Cannot use "--attempt=x": a number is'],
  ]);
});

Deno.test("pod inspect reports a pod and its containers", async () => {
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

Deno.test("pod commands report what is not there", async (t) => {
  using store = await cliStore();
  const none = 'Cannot find pod "nope"';
  await refuses(t, store, [
    ["pod inspect nope", 3, none],
    ["pod rm nope", 3, none],
    ["pod stop nope", 3, none],
    ["pod kill nope", 3, none],
    ["pod kill web", 1, 'Cannot kill pod "web": nothing runs in it'],
    ["pod create --name web", 4, "Cannot create"],
  ]);
});
