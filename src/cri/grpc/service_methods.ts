/** How services are written: a function a method. */

import type {
  DescMessage,
  DescMethod,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";

/** What a method knows of its call besides the request. */
export interface CallContext {
  /** Aborted when the client goes, when its deadline is over, or the server ends. */
  readonly signal: AbortSignal;
  /** How long the client waits, in milliseconds; undefined if for ever. */
  readonly deadlineMs: number | undefined;
}

/**
 * The methods of a service by their names in the generated code; those left out
 * answer UNIMPLEMENTED.
 */
export type ServiceMethods<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]?: ServiceMethod<
    Service["method"][Name]
  >;
};

/** A method: it answers once, or as often as it likes. */
export type ServiceMethod<Method> = Method extends {
  readonly methodKind: "unary";
  readonly input: infer Input extends DescMessage;
  readonly output: infer Output extends DescMessage;
} ? (
    request: MessageShape<Input>,
    call: CallContext,
  ) => MessageInitShape<Output> | Promise<MessageInitShape<Output>>
  : Method extends {
    readonly methodKind: "server_streaming";
    readonly input: infer Input extends DescMessage;
    readonly output: infer Output extends DescMessage;
  } ? (
      request: MessageShape<Input>,
      call: CallContext,
    ) => AsyncIterable<MessageInitShape<Output>>
  : never;

/** What a method of whatever service answers. */
export type AnyMessage = MessageInitShape<DescMessage>;

/** A method of whatever service. */
export type AnyMethod = (
  request: Message,
  call: CallContext,
) => AnyMessage | Promise<AnyMessage> | AsyncIterable<AnyMessage>;

/** A method with its messages, as the server finds it by its path. */
export interface MethodEntry {
  readonly description: DescMethod;
  /** Undefined if it is not there. */
  readonly run: AnyMethod | undefined;
}
