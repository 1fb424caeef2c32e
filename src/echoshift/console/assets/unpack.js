// Blobs: gzip with a header and arrays, see packing.py. In the file they are base64 text, served they are fetched.

const STUDY = JSON.parse(document.getElementById("study").textContent);
const blobs = new Map();

function loadBlob(name) {
  if (!blobs.has(name)) {
    const loaded = blobBytes(name).then(gunzip).then(unpack);
    blobs.set(name, loaded);
    loaded.catch(() => blobs.delete(name)); // so that a later try asks again
  }
  return blobs.get(name);
}

async function blobBytes(name) {
  const element = document.getElementById(`blob-${name}`);
  if (element) {
    return Uint8Array.from(atob(element.textContent), (character) => character.charCodeAt(0));
  }
  const reply = await fromServer(`blob/${encodeURIComponent(name)}`);
  return new Uint8Array(await reply.arrayBuffer());
}

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

const ARRAY_TYPES = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
};

function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  for (const [name, { type, size, begin }] of Object.entries(header.arrays)) {
    const at = 4 + length + begin;
    arrays[name] = type.startsWith("float")
      ? new ARRAY_TYPES[type](buffer, at, size)
      : summed(new ARRAY_TYPES[type](size), new Uint8Array(buffer, at));
  }
  return { meta: header.meta, arrays };
}

// Integers are differences, all low bytes before all high ones. Typed arrays wrap around.
function summed(values, bytes) {
  const n = values.length;
  let last = 0;
  for (let i = 0; i < n; i++) {
    last += values.BYTES_PER_ELEMENT === 2 ? bytes[i] + 256 * bytes[n + i] : bytes[i];
    values[i] = last;
    last = values[i];
  }
  return values;
}
