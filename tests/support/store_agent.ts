/** Agents on stores of their own, in temporary folders. */

import {
  type Agent,
  type AgentOptions,
  openAgent,
} from "../../src/engine/agent.ts";
import { libc } from "./own_libc.ts";
import { type MemoryMounter, memoryMounter } from "./memory/memory_mounter.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

/** Agents on one store. */
export interface LoggedAgents {
  readonly agent: Agent;
  /** What they logged: `level: message`. */
  readonly messages: readonly string[];
  /** One more agent on the same store, as another process has one. */
  reopen(): Agent;
}

/** Opens agents on a new store in a folder. */
export function agentsIn(
  dir: TempDir,
  options: Partial<AgentOptions> = {},
): LoggedAgents {
  const messages: string[] = [];
  const reopen = () =>
    openAgent({
      root: dir.join("root"),
      runRoot: dir.join("run"),
      libc,
      log: (level, message) => messages.push(`${level}: ${message}`),
      ...options,
    });
  return { agent: reopen(), messages, reopen };
}

/** An agent whose store vanishes with it. */
export interface StoreAgent extends LoggedAgents, Disposable {
  readonly dir: TempDir;
  readonly mounter: MemoryMounter;
}

/** Opens an agent on a new store; it mounts in memory only. */
export function storeAgent(options: Partial<AgentOptions> = {}): StoreAgent {
  const dir = tempDir();
  const mounter = memoryMounter();
  return {
    ...agentsIn(dir, { mounter, ...options }),
    ...{ dir, mounter },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}
