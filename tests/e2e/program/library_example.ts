// deno-lint-ignore-file no-console -- a program of its own, which prints
/**
 * A container runtime in a few lines, on nothing but orlop's library:
 * `deno run -A library_example.ts make|run DIRECTORY [IMAGE]`. What `make` has
 * made, another process finds again, from the containers' metadata alone.
 */

import {
  type ContainerSummary,
  ImageServer,
  listPods,
  openAgent,
  RuntimeServer,
  takeLibc,
} from "orlop";

const [step, directory = "", image = ""] = Deno.args;
const libc = takeLibc();
const agent = openAgent({
  root: `${directory}/root`,
  runRoot: `${directory}/run`,
  libc,
});
const images = new ImageServer(agent);
const runtime = new RuntimeServer(images);
await (step === "make" ? makePod() : runClient());

/** Pulls, makes a pod of two containers, and mounts both. */
async function makePod(): Promise<void> {
  const { imageId } = await images.pullImage(image);
  const pod = { podName: "web", podId: `web-${crypto.randomUUID()}` };
  const imageName = agent.pauseImage;
  const containerName = "web-infra";
  await runtime.createPodSandbox({ ...pod, imageName, containerName });
  for (const name of ["server", "client"]) {
    const args = ["sh", "-c", `echo "$GREETING from ${name}"; exit 7`];
    const settings = { args, env: ["GREETING=hello"] };
    const { id } = await runtime.createContainer(
      { ...pod, imageId, containerName: name, settings },
    );
    console.log(`${name}: ${await runtime.startContainer(id)}`);
  }
}

/** Finds the pod, runs the client of it, and takes all down. */
async function runClient(): Promise<void> {
  const [pod] = await listPods(agent);
  for (const { id, metadata, mountPoint } of pod?.members ?? []) {
    console.log(`found ${metadata?.name} of ${metadata?.podName}`, mountPoint);
    if (metadata?.name === "client") await run(id);
    await runtime.stopContainer(id);
  }
  await runtime.removePodSandbox("web", { members: "remove" });
}

async function run(id: ContainerSummary["id"]): Promise<void> {
  const args = ["run", "--bundle", await runtime.getRunDir(id), id];
  const { code } = await new Deno.Command("runc", { args }).spawn().status;
  console.log(`${id} ended with ${code}`);
}
