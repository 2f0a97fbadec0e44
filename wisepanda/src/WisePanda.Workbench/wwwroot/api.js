// Talks to the workbench on this machine. A refusal becomes an Error with the sentence meant for the person.

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error('The workbench does not answer: start it again. What you decided is saved.');
  }
  if (response.ok) return response.json();
  const refusal = await response.json().catch(() => null);
  throw new Error(refusal?.message ?? `The workbench refused (${response.status}).`);
}

const query = parameters => new URLSearchParams(parameters).toString();
const post = (path, body) => ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export const getSite = () => ask('/api/site');
export const getFragment = name => ask(`/api/fragment?${query({ name })}`);
export const getCandidates = (fragment, end) => ask(`/api/candidates?${query({ fragment, end })}`);
export const decide = decision => post('/api/decisions', decision);
export const undo = () => post('/api/undo', {});
export const sendFile = file => ask(`/api/files?${query({ name: file.name })}`, { method: 'POST', body: file });

/** The fragment's picture as something a canvas draws, with where its profiles lie; null without one. */
export async function getPicture(fragment) {
  if (!fragment.picture) return null;
  const image = new Image();
  image.src = `/api/picture?${query({ name: fragment.name })}`;
  await image.decode();
  return { ...fragment.picture, image };
}
