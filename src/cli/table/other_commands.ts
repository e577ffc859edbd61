/** The table's part about orlop itself. */

import type { Command } from "../command.ts";
import { formatFlag, INSPECT_FLAGS } from "./shared_flags.ts";

/** `orlop inspect`. */
export const INSPECT = {
  name: "inspect",
  summary: "Show details of containers, images or pods as JSON",
  description: [
    "If a name matches several objects, a container comes before an " +
    "image, and an image before a pod.",
  ],
  section: "Other",
  arguments: [{ name: "NAME", isRepeated: true, completes: "container" }],
  flags: {
    ...INSPECT_FLAGS,
    type: {
      type: "text",
      short: "t",
      value: "KIND",
      choices: ["all", "container", "image", "pod"],
      default: "all",
      help: "The kind of the object",
    },
  },
  examples: [{
    line: "orlop inspect --format '{{.Id}}' app busybox",
    does: "IDs of a container and of an image",
  }],
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop version`. */
export const VERSION = {
  name: "version",
  summary: "Show the versions of orlop and of its runtime",
  section: "Other",
  opensNoStore: true,
  flags: formatFlag("'{{.Version}}'"),
} as const satisfies Command;

/** `orlop help`. */
export const HELP = {
  name: "help",
  summary: "Explain a command",
  section: "Other",
  opensNoStore: true,
  arguments: [{
    name: "COMMAND",
    isOptional: true,
    isRepeated: true,
    completes: "command",
  }],
  flags: {
    man: { type: "boolean", help: "Print the manual page, in roff" },
  },
  examples: [
    { line: "orlop help image rm", does: "All about one command" },
    {
      line: "orlop help --man > /usr/local/share/man/man1/orlop.1",
      does: "Install the manual page",
    },
  ],
} as const satisfies Command;

/** `orlop completion`. */
export const COMPLETION = {
  name: "completion",
  summary: "Print completions for a shell",
  description: [
    "The script calls orlop at each Tab, so it completes the names " +
    "of images, containers and pods, and needs no update.",
  ],
  section: "Other",
  opensNoStore: true,
  arguments: [{ name: "SHELL", completes: ["bash", "zsh", "fish"] }],
  examples: [
    {
      line: "orlop completion bash > /etc/bash_completion.d/orlop",
      does: "For all users of bash",
    },
    {
      line: "orlop completion zsh > /usr/local/share/zsh/site-functions/_orlop",
      does: "For all users of zsh",
    },
    {
      line: "orlop completion fish > /etc/fish/vendor_completions.d/orlop.fish",
      does: "For all users of fish",
    },
  ],
} as const satisfies Command;

/** What the completion scripts call. */
export const COMPLETE = {
  name: "__complete",
  summary: "List what may stand in place of the last word",
  arguments: [{ name: "WORD", isOptional: true, isRepeated: true }],
  stopsAtFirstArgument: true,
  isHidden: true,
} as const satisfies Command;
