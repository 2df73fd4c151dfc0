// What a device says of itself, and whether it is a processor that only plays a GPU.

/** The adapter behind a device, in words; browsers leave most of them empty. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Shaders run on the processor: exact, and slower than WASM. */
  readonly isSoftware: boolean;
}

/** Renderers that do not say of themselves that they are a fallback. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;

/** Describes the adapter of a device. */
export function describeAdapter(info: GPUAdapterInfo): AdapterDescription {
  const { vendor, architecture, device, description } = info;
  const isNamedSo = softwareNames.test([vendor, architecture, device, description].join(' '));
  return { vendor, architecture, device, description, isSoftware: info.isFallbackAdapter || isNamedSo };
}

/** An adapter as one phrase. */
export function adapterTitle({ vendor, architecture, device, description, isSoftware }: AdapterDescription): string {
  const parts = description === '' ? [vendor, architecture, device] : [description];
  const name = parts.filter((part) => part !== '').join(' ') || 'a GPU without a name';
  return isSoftware ? `${name} (software, on the processor)` : name;
}
