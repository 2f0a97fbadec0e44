// Draws two fragments and what lies between them. Canvas pixels; units as in geometry.js.
import { WIDTH, differences, pivot, place, placed } from './geometry.js';

const GAP = '#2f6fb3';
const PENETRATION = '#c8323c';
const LINES = { below: '#5d4320', above: '#1d1a15' };
const BODIES = { below: '#cdae78', above: '#dcc394' };

/** A view: canvas pixels to a unit, and the unit point in the canvas's middle. */
const onto = (canvas, view) => point => [canvas.width / 2 + (point.x - view.x) * view.scale, canvas.height / 2 - (point.y - view.y) * view.scale];

export function drawOverlay(canvas, join, pose, { scale, opacity }) {
  const context = canvas.getContext('2d');
  const middle = join.top.reduce((sum, height) => sum + height, 0) / WIDTH;
  const to = onto(canvas, { scale, x: WIDTH / 2, y: middle });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);

  const lower = join.top.map((y, column) => ({ x: column + 0.5, y }));
  const upper = placed(join.bottom, pose);
  const still = { shift: 0, lift: 0, turn: 0 };
  const length = canvas.height / scale;
  drawBody(context, to, join.belowPicture, 'topZero', join.top, still, BODIES.below, lower, -length);
  context.globalAlpha = opacity;
  drawBody(context, to, join.abovePicture, 'bottomZero', join.bottom, pose, BODIES.above, upper, length);
  context.globalAlpha = 1;

  shade(context, to, join, pose);
  line(context, to, lower, LINES.below);
  line(context, to, upper, LINES.above);
}

/** Both edges of a join, small. */
export function drawThumbnail(canvas, top, bottom, pose) {
  const context = canvas.getContext('2d');
  const upper = placed(bottom, pose);
  const heights = [...top, ...upper.map(point => point.y)];
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const scale = Math.min(canvas.width / (WIDTH + 8), canvas.height / (high - low + 4));
  const to = onto(canvas, { scale, x: WIDTH / 2, y: (low + high) / 2 });
  context.clearRect(0, 0, canvas.width, canvas.height);
  line(context, to, top.map((y, column) => ({ x: column + 0.5, y })), LINES.below);
  line(context, to, upper, PENETRATION);
}

/** One edge, small. */
export const drawEdge = (canvas, heights) => drawThumbnail(canvas, heights, heights, { shift: 0, lift: 0, turn: 0 });

// The fragment's picture where it has one, otherwise a plain body from its edge to the canvas's border.
function drawBody(context, to, picture, zero, profile, pose, colour, edge, length) {
  if (picture) {
    const units = 1 / picture.pixelsPerUnit;
    // The picture's upper left corner, in units; its rows run downwards.
    const corner = { x: -picture.left * units, y: picture[zero] * units };
    const [origin, right, down] = [corner, { x: corner.x + units, y: corner.y }, { x: corner.x, y: corner.y - units }]
      .map(point => to(pose.turn || pose.shift || pose.lift ? place(point, profile, pose) : point));
    context.save();
    context.setTransform(right[0] - origin[0], right[1] - origin[1], down[0] - origin[0], down[1] - origin[1], ...origin);
    context.drawImage(picture.image, 0, 0);
    context.restore();
    return;
  }
  const far = [WIDTH, 0].map(x => place({ x, y: pivot(profile).y + length }, profile, pose));
  context.beginPath();
  [...edge, ...far].forEach(point => context.lineTo(...to(point)));
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

function shade(context, to, join, pose) {
  differences(join.top, join.bottom, pose).forEach((difference, column) => {
    if (!difference) return;
    const height = join.top[column];
    const [x, y] = to({ x: column, y: Math.max(height, height - difference) });
    const [right, low] = to({ x: column + 1, y: Math.min(height, height - difference) });
    context.globalAlpha = 0.6;
    context.fillStyle = difference > 0 ? PENETRATION : GAP;
    context.fillRect(x, y, right - x, low - y);
  });
  context.globalAlpha = 1;
}

function line(context, to, points, colour) {
  context.beginPath();
  points.forEach(point => context.lineTo(...to(point)));
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.stroke();
}
