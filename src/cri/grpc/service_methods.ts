/** The form of services: a function for each method. */

import type {
  DescMessage,
  DescMethod,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";

/** The context of a call. */
export interface CallContext {
  /** Aborted when the client goes, when its deadline is over, or the server ends. */
  readonly signal: AbortSignal;
  /**
   * The deadline of the client, in milliseconds from now; undefined if there is
   * none.
   */
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

/** A method with one response, or with a stream of responses. */
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

/** A response of any method. */
export type AnyMessage = MessageInitShape<DescMessage>;

/** Any method. */
export type AnyMethod = (
  request: Message,
  call: CallContext,
) => AnyMessage | Promise<AnyMessage> | AsyncIterable<AnyMessage>;

/** A method with its messages, as the server finds it by its path. */
export interface MethodEntry {
  readonly description: DescMethod;
  /** Undefined if it is not implemented. */
  readonly run: AnyMethod | undefined;
}
