import { assertEquals } from "@std/assert";
import { cliStore } from "../../support/cli_store.ts";
import { refuses, says } from "../../support/cli_says.ts";

const NAMES = "ps --format {{.Names}}";

Deno.test("container commands list containers", async (t) => {
  using store = await cliStore();
  const { containerId } = store;
  const shown = containerId.slice(0, 12);
  await says(t, store, [
    [NAMES, 0, ["server", "web-infra,web"]],
    ["ps -q", 0, [shown, "web-pod"]],
    ["ps -aq --no-trunc", 0, [containerId, "web-pod"]],
    ["ps --filter name=server -q", 0, [shown]],
    ["ps --filter name=serv* -q", 0, [shown]],
    ["ps --filter status=created -q", 0, [shown, "web-pod"]],
    ["ps --filter status=running -q", 0, []],
    ["ps --filter pod=web -q", 0, [shown, "web-pod"]],
    ["ps --filter owner=podman -q", 0, []],
    ["container exists server", 0, []],
    ["container exists nope", 1, []],
    ["container inspect server -f {{.Name}}", 0, ["server"]],
    ["container inspect server -f {{.State.Status}}", 0, ["created"]],
    ["container inspect server -f {{.PodName}}", 0, ["web"]],
    ["inspect server -f {{.Id}}", 0, [containerId]],
    ["inspect web -f {{.Name}}", 0, ["web-infra"]],
    ["container wait --condition created server", 0, ["-1"]],
    ["container stop server", 0, ["server"]],
  ]);
});

Deno.test("container dirs prints one of both alone, or what each is", async (t) => {
  using store = await cliStore();
  const { containerId, test } = store;
  const { root, runRoot } = test.agent.store.paths;
  const [work, run] = [root, runRoot]
    .map((path) => `${path}/overlay-containers/${containerId}/userdata`);
  const both = [`work  ${work}`, `run   ${run}`];
  await says(t, store, [
    ["container dirs server", 0, both],
    ["container dirs server --work --run", 0, both],
    ["container dirs server --work", 0, [`${work}`]],
    ["container dirs server --run", 0, [`${run}`]],
  ]);
});

Deno.test("ps shows what it is asked for", async (t) => {
  using store = await cliStore();
  const { containerId, imageId } = store;
  const shown = containerId.slice(0, 12);
  const { out: [, ...rows] } = await store.orlop("ps");
  const fill = (template: string, ...more: readonly string[]) =>
    [`ps --filter name=server --format ${template}`, 0, more] as const;
  await says(t, store, [
    ["ps --noheading", 0, rows],
    ["ps --filter ancestor=localhost/app:1 -q", 0, [shown, "web-pod"]],
    ["ps --filter ancestor=nope -q", 0, []],
    ["ps --filter id=web -q", 0, ["web-pod"]],
    ["ps --filter id=eb -q", 0, []],
    ["ps --filter pod=nope -q", 0, []],
    ["ps --filter label=a -q", 0, []],
    ["ps --filter exited=0 -q", 0, []],
    ["ps --filter name=server --filter name=web -q", 0, [shown, "web-pod"]],
    ["ps --filter name=server --filter id=web -q", 0, []],
    fill("{{.ID}}", shown),
    fill("{{.ID}} --no-trunc", containerId),
    fill("{{.Pod}}/{{.PodName}}", "web-pod/web"),
    fill("{{.Image}}/{{.ImageID}}", `localhost/app:1/${imageId.slice(0, 12)}`),
    fill("{{.State}}/{{.Status}}", "created/Created"),
    fill("{{.Names}}/{{.Labels}}", "server/map[]"),
  ]);
  const rowsOf = await store.json<readonly Record<string, unknown>[]>(
    "ps --format json",
  );
  assertEquals(rowsOf.map(({ Id }) => Id), [containerId, "web-pod"]);
  assertEquals(rowsOf.map(({ IsInfra }) => IsInfra), [false, true]);
});

Deno.test("container metadata shows and changes what is noted", async (t) => {
  using store = await cliStore();
  const { "created-at": createdAt, ...noted } = await store.json<
    Record<string, unknown>
  >("container metadata server");
  const metadata = {
    ...{ "pod-name": "web", "pod-id": "web-pod" },
    ...{ "image-name": "localhost/app:1", "image-id": store.imageId },
    ...{ "name": "server", "metadata-name": "server" },
    orlop: { schema: 1, image: "localhost/app:1" },
  };
  assertEquals(typeof createdAt, "number");
  assertEquals(noted, metadata);
  const changed = await store.json<Record<string, unknown>>(
    "container metadata server --set name=x --set attempt=3 --set uid=u",
  );
  assertEquals(changed, {
    ...{ ...metadata, "created-at": createdAt },
    ...{ name: "x", attempt: 3, uid: "u" },
  });
  const more = await store.json<Record<string, unknown>>(
    "container metadata server --set namespace=n --set metadata-name=m " +
      "--set mountlabel=l --set attempt=7 --set attempt=123456789",
  );
  assertEquals(more, {
    ...{ ...changed, namespace: "n", "metadata-name": "m" },
    ...{ mountlabel: "l", attempt: 123456789 },
  });
  await refuses(t, store, [
    ...["x", "-1", "1.5", "1234567890", ""].map((value) =>
      [
        `container metadata server --set attempt=${value}`,
        2,
        `Cannot set "attempt" to "${value}": expected a number`,
      ] as const
    ),
    [
      "container metadata server --set toString=1",
      2,
      'Cannot set "toString": what can be set is name, ',
    ],
    ["container metadata server --set a", 2, 'Cannot use "--set=a": write'],
    [
      "container metadata server --set odd=x",
      2,
      'Cannot set "odd": what can be set is name, metadata-name, uid, ' +
      "namespace, attempt, mountlabel",
    ],
    [
      "container metadata nope",
      3,
      'Cannot find container "nope": no container has this name or ID',
    ],
  ]);
});

Deno.test("container commands make and remove containers", async (t) => {
  using store = await cliStore();
  const { orlop } = store;
  const made = await orlop(
    "container create --pod web --name b localhost/app:1",
  );
  const [id = ""] = made.out;
  assertEquals([made.code, id.length, made.out.length], [0, 64, 1]);
  await says(t, store, [
    [NAMES, 0, ["b", "server", "web-infra,web"]],
    ["container rm b", 0, [id]],
    [NAMES, 0, ["server", "web-infra,web"]],
    ["container rm -i nope", 0, []],
  ]);
  await refuses(t, store, [
    [
      "container create --pod nope --name c localhost/app:1",
      3,
      'Cannot find pod "nope"',
    ],
    [
      "container create --pod web --name server localhost/app:1",
      4,
      'Cannot create container: the name "server" is in use by container "',
    ],
    [
      "container create --pod web --name c nope",
      3,
      'image "nope" not present in image store',
    ],
    [
      "container rm web-infra",
      4,
      'Cannot remove container "web-infra": it makes up pod "web"; use "orlop ' +
      'pod rm web"',
    ],
  ]);
});

Deno.test("container commands report that nothing runs, or is there", async (t) => {
  using store = await cliStore();
  const idle = (what: string) => `Cannot ${what}: nothing runs in it`;
  const missing =
    'Cannot find container "nope": no container has this name or ID';
  await refuses(t, store, [
    ["container kill server", 1, idle('kill container "server"')],
    [
      "container top server",
      1,
      idle('list the processes of container "server"'),
    ],
    ["container pause server", 1, idle('pause container "server"')],
    ["container unpause server", 1, idle('resume container "server"')],
    ["container attach server", 1, idle('attach to container "server"')],
    [
      "container exec server ls",
      125,
      idle('run a command in container "server"'),
    ],
    [
      "container stats --no-stream server",
      1,
      idle('measure container "server"'),
    ],
    [
      "container logs server",
      1,
      'Cannot read the log of container "server": it has none',
    ],
    ...["kill", "logs", "top", "pause", "unpause", "attach", "wait", "rm"].map(
      (command) => [`container ${command} nope`, 3, missing] as const,
    ),
    ["container stop nope", 3, missing],
    [
      "container start nope",
      3,
      'Cannot start container "nope": invalid container ID: no container has ' +
      "this name or ID",
    ],
    ["container inspect nope", 3, missing],
    [
      "container dirs nope",
      3,
      'Cannot find container "nope": invalid container ID: no container has ' +
      "this name or ID",
    ],
    ["container exec nope ls", 125, missing],
    [
      "inspect nope",
      3,
      'Cannot find "nope": no container, image or pod has this name or ID',
    ],
    [
      "cp a b",
      2,
      'Cannot copy "a" to "b": neither is in a container; write CONTAINER:PATH',
    ],
    ["cp ./a:b /c:d", 2, 'Cannot copy "./a:b" to "/c:d": neither is in a'],
    ["cp nope:/a b", 3, missing],
    ["cp b nope:/a", 3, missing],
    ["ps --filter odd=1", 2, 'Cannot use "--filter=odd=1"'],
    ["ps --pod", 2, 'Cannot use "--pod": orlop ps has no such flag'],
    ["container kill -s ODD server", 2, 'Cannot send signal "ODD"'],
  ]);
});
