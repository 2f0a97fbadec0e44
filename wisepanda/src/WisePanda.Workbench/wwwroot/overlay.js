// The overlay of one join: its pose, by mouse, keyboard and number fields.
import { drawOverlay } from './drawing.js';
import { fit, measure } from './geometry.js';

const TURN_PER_PIXEL = 0.1; // degrees
const KEYS = {
  ArrowLeft: { shift: -0.25 }, ArrowRight: { shift: 0.25 }, ArrowUp: { lift: 0.25 }, ArrowDown: { lift: -0.25 },
  '[': { turn: -0.25 }, ']': { turn: 0.25 },
};

export class Overlay {
  #canvas;
  #fields;
  #measures;
  #join = null;

  constructor(canvas, form, measures) {
    this.#canvas = canvas;
    this.#fields = form.elements;
    this.#measures = measures;
    form.addEventListener('input', () => this.#draw());
    form.addEventListener('submit', event => event.preventDefault());
    canvas.addEventListener('keydown', event => this.#key(event));
    canvas.addEventListener('pointerdown', event => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener('pointermove', event => this.#drag(event));
  }

  get pose() {
    return { shift: this.#number('shift'), lift: this.#number('lift'), turn: this.#number('turn') };
  }

  /** Shows { top, bottom, belowPicture, abovePicture }, at the pose given or fitted. */
  show(join, pose) {
    this.#join = join;
    const all = [...join.top, ...join.bottom];
    const range = Math.max(...join.top) - Math.min(...join.top);
    this.#fields.zoom.value = Math.min(8, 0.6 * this.#canvas.height / Math.max(range, all.length / 4));
    this.#set(pose ?? fit(join.top, join.bottom));
  }

  fit() {
    if (this.#join) this.#set(fit(this.#join.top, this.#join.bottom));
  }

  clear() {
    this.#join = null;
    this.#measures.textContent = '';
    this.#canvas.getContext('2d').clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  toPng() {
    return new Promise(resolve => this.#canvas.toBlob(resolve, 'image/png'));
  }

  #number(name) {
    const value = this.#fields[name].valueAsNumber;
    return Number.isFinite(value) ? value : 0;
  }

  #set(pose) {
    for (const [name, value] of Object.entries(pose)) this.#fields[name].value = Math.round(value * 1000) / 1000;
    this.#draw();
  }

  #move(by) {
    if (this.#join) this.#set(Object.fromEntries(Object.entries(this.pose).map(([name, value]) => [name, value + (by[name] ?? 0)])));
  }

  #key(event) {
    const by = KEYS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#move(by);
  }

  #drag(event) {
    if (!(event.buttons & 1)) return;
    // The canvas may be shown smaller than it is.
    const shrunk = this.#canvas.width / this.#canvas.clientWidth;
    const units = shrunk / this.#fields.zoom.valueAsNumber;
    this.#move(event.shiftKey ? { turn: event.movementX * TURN_PER_PIXEL } : { shift: event.movementX * units, lift: -event.movementY * units });
  }

  #draw() {
    if (!this.#join) return;
    drawOverlay(this.#canvas, this.#join, this.pose, { scale: this.#fields.zoom.valueAsNumber, opacity: this.#fields.opacity.valueAsNumber });
    const { gap, penetration, columns } = measure(this.#join.top, this.#join.bottom, this.pose);
    this.#measures.textContent = `Mean gap ${gap.toFixed(2)}, mean penetration ${penetration.toFixed(2)} units over ${columns} columns`;
  }
}
