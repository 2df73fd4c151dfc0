// The few names of the WebAssembly interface that a backend uses. They are declared here so that backends/ compiles without the
// types of a browser or of Node.js, both of which have them at run time.

declare namespace WebAssembly {
  /** A compiled module: it may be sent to other threads and instantiated many times. */
  class Module {
    private readonly brand;
    constructor(bytes: Uint8Array<ArrayBuffer>);
    static exports(module: Module): readonly ExportDescriptor[];
  }

  /** A module with its memory, ready to be called. */
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Readonly<Record<string, unknown>>;
  }

  /** Linear memory in pages of 64 KiB, shared between threads when `shared` is given. */
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum?: number; readonly shared?: boolean });
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    grow(pageCount: number): number;
  }

  interface ExportDescriptor {
    readonly name: string;
    readonly kind: string;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
}
