// Builds the lists of the page. Text goes in as text, never as markup.
import { drawEdge, drawThumbnail } from './drawing.js';
import { fit } from './geometry.js';

const MOST_SHOWN = 200;

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function showFragments(list, count, fragments, search, chosen, choose) {
  const wanted = search.trim().toLowerCase();
  const found = fragments.filter(fragment => fragment.name.toLowerCase().includes(wanted));
  count.textContent = found.length > MOST_SHOWN ? `The first ${MOST_SHOWN} of ${found.length}` : `${found.length} of ${fragments.length}`;
  list.replaceChildren(...found.slice(0, MOST_SHOWN).map(fragment => {
    const button = element('button', { type: 'button', onclick: () => choose(fragment.name) },
      element('span', { className: 'grow', textContent: fragment.name }),
      element('span', { textContent: [fragment.top && '▔', fragment.bottom && '▁'].filter(Boolean).join(' '), title: 'edges' }));
    button.setAttribute('aria-current', String(fragment.name === chosen));
    return element('li', {}, button);
  }));
}

/** Buttons for the edges that a fragment has, each with a drawing of it. */
export function showEnds(place, fragment, chosen, choose) {
  place.replaceChildren(...['top', 'bottom'].filter(end => fragment[end]).map(end => {
    const preview = element('canvas', { width: 96, height: 40 });
    const button = element('button', { type: 'button', onclick: () => choose(end) }, `${end} edge `, preview);
    button.setAttribute('aria-pressed', String(end === chosen));
    drawEdge(preview, fragment[end]);
    return button;
  }));
}

export function showCandidates(list, candidates, end, heights, chosen, choose) {
  list.replaceChildren(...candidates.map(candidate => {
    const preview = element('canvas', { width: 72, height: 36 });
    const button = element('button', { type: 'button', onclick: () => choose(candidate) },
      element('span', { className: 'rank', textContent: `${candidate.rank}.` }),
      element('span', { className: 'grow', textContent: candidate.fragment }),
      element('span', { textContent: `${Math.round(100 * candidate.probability)} %`, title: 'chance that they join, as calibrated on generated pairs' }),
      preview);
    button.setAttribute('aria-current', String(candidate.fragment === chosen));
    const [top, bottom] = end === 'top' ? [heights, candidate.heights] : [candidate.heights, heights];
    drawThumbnail(preview, top, bottom, fit(top, bottom));
    return element('li', {}, button);
  }));
}

export function showDecisions(list, decisions, open) {
  list.replaceChildren(...decisions.map(decision => element('li', {},
    element('button', { type: 'button', onclick: () => open(decision) },
      element('span', { className: `grow ${decision.verdict}`, textContent: `${decision.verdict}: ${decision.above} on ${decision.below}` })),
    element('div', { textContent: decision.note }))));
}

export function showProblems(place, problems) {
  place.hidden = problems.length === 0;
  place.querySelector('summary').textContent = `${problems.length} could not be read`;
  place.querySelector('ul').replaceChildren(...problems.map(problem => element('li', { className: 'problem', textContent: problem })));
}
