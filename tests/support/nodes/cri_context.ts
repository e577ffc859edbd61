/** What CRI's methods work on, in this process: nothing runs, nothing is served. */

import { create } from "@bufbuild/protobuf";
import {
  ContainerConfigSchema,
  type ContainerEventResponse,
  ContainerState,
  type ContainerStatus,
  ContainerStatusSchema,
} from "../../../src/cri/api/api_pb.js";
import type { CallContext } from "../../../src/cri/grpc/service_methods.ts";
import {
  makeContext,
  type RuntimeContext,
} from "../../../src/cri/runtime/runtime_context.ts";
import type { ContainerPhase } from "../../../src/cri/runtime/state/container_note.ts";
import type {
  StreamingServer,
  WantedStreams,
} from "../../../src/cri/streaming/streaming_server.ts";
import type { Agent } from "../../../src/engine/agent.ts";
import { makeExitPlaces } from "../../../src/engine/containers/process_exit.ts";
import type { SandboxRequest } from "../../../src/engine/sandboxes/sandbox.ts";
import { placesOf } from "../../../src/engine/sandboxes/sandbox_places.ts";
import { writeSandboxState } from "../../../src/engine/sandboxes/sandbox_state.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../../src/formats/storage/store_ids.ts";
import { sandboxRequest, sandboxState } from "../sandboxes.ts";
import { libc } from "../own_libc.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../test_runtime.ts";

/** A context, and what is known of it. */
export interface CriContext extends AsyncDisposable {
  readonly test: TestRuntime;
  readonly context: RuntimeContext;
  readonly call: CallContext;
  /** Which streams URLs were given out for. */
  readonly wanted: readonly WantedStreams[];
  /** Makes a container of the kubelet's, in a state. */
  make(name: string, status?: MadeStatus): Promise<ContainerId>;
  /** Writes that its process has ended, as conmon does. */
  end(id: ContainerId, exitCode: number): void;
  /** What is noted of it now. */
  status(id: ContainerId): ContainerStatus | undefined;
  /** Events from now on, once they are asked for. */
  listen(): () => Promise<readonly ContainerEventResponse[]>;
}

/** Makes the pod "web" a kubelet's, and ready; it shares all of the host's. */
export async function makePodReady(
  { test: { agent }, context: { objects } }: CriContext,
  changes: Partial<SandboxRequest> = {},
): Promise<void> {
  const id = parseContainerId("web-pod");
  const namespaces = { network: "node", ipc: "node", pid: "node" } as const;
  const { directory } = placesOf(agent.store.paths, id);
  await Deno.mkdir(directory, { recursive: true });
  const request = { ...sandboxRequest("web"), namespaces, note: {} };
  const state = sandboxState({
    createdAtNs: 1n,
    request: { ...request, ...changes },
  });
  writeSandboxState(agent, id, state);
  objects.rereadSandbox(id);
  await objects.read();
}

/** What a container that is made has of its own. */
export interface MadeStatus {
  readonly state?: ContainerState;
  readonly phase?: ContainerPhase;
  readonly labels?: Record<string, string>;
}

/** Makes one, with a pod "web-pod": `await using node = await criContext();`. */
export async function criContext(): Promise<CriContext> {
  const test = await testPod({ libc });
  const { agent } = test;
  const wanted: WantedStreams[] = [];
  const streaming = streamingOf(wanted);
  const context = makeContext({ agent, settings: {}, streaming });
  const { objects, stats } = context;
  const call = { signal: new AbortController().signal, deadlineMs: undefined };
  const recall = (id: ContainerId) => objects.recallContainer(id)?.note.status;
  return {
    ...{ test, context, call, wanted, status: recall },
    async make(name, { state, phase = "complete", labels = {} } = {}) {
      const { id } = await test.runtime.createContainer(
        containerOptions({ containerName: name, metadataName: name }),
      );
      objects.setNote(id, {
        phase,
        config: create(ContainerConfigSchema, { stdin: true }),
        status: create(ContainerStatusSchema, {
          ...{ id, metadata: { name }, labels },
          state: state ?? ContainerState.CONTAINER_CREATED,
        }),
      });
      await objects.read();
      return id;
    },
    end: (id, exitCode) => writeExit(agent, id, exitCode),
    listen() {
      const stop = new AbortController();
      const events = context.events.listen(stop);
      return async () => {
        stop.abort();
        return await Array.fromAsync(events);
      };
    },
    async [Symbol.asyncDispose]() {
      await stats[Symbol.asyncDispose]();
      test[Symbol.dispose]();
    },
  };
}

function writeExit(agent: Agent, id: ContainerId, exitCode: number): void {
  const { runDirectory } = makeExitPlaces(agent, id);
  Deno.writeTextFileSync(`${runDirectory}/exit`, String(exitCode));
}

function streamingOf(wanted: WantedStreams[]): StreamingServer {
  const note = (_open: unknown, streams: WantedStreams) => {
    wanted.push(streams);
    return `http://127.0.0.1:1/${wanted.length}`;
  };
  const nothing = () => Promise.resolve();
  return {
    ...{ url: "http://127.0.0.1:1", exec: note, attach: note },
    portForward: () => "http://127.0.0.1:1/ports",
    ...{ close: nothing, [Symbol.asyncDispose]: nothing },
  };
}
