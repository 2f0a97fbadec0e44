// What lies where, without any drawing. Lengths are units: a column across, a unit of height upwards.
// `top` is the lower fragment's top profile and `bottom` the upper fragment's bottom profile, 64 heights each;
// a pose { shift, lift, turn } moves the upper one right, up and clockwise (degrees) about the middle of its edge.

export const WIDTH = 64;

const median = values => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/** The point about which the upper fragment turns, before the pose: the middle of its edge. */
export const pivot = bottom => ({ x: WIDTH / 2, y: median(bottom) });

/** A point of the upper fragment, put where the pose has it. */
export function place(point, bottom, pose) {
  const about = pivot(bottom);
  const angle = pose.turn * Math.PI / 180;
  const [dx, dy] = [point.x - about.x, point.y - about.y];
  return {
    x: about.x + dx * Math.cos(angle) + dy * Math.sin(angle) + pose.shift,
    y: about.y - dx * Math.sin(angle) + dy * Math.cos(angle) + pose.lift,
  };
}

/** The upper fragment's edge under the pose, as points in the middle of its columns. */
export const placed = (bottom, pose) => bottom.map((y, column) => place({ x: column + 0.5, y }, bottom, pose));

/** For each column of the lower fragment top minus bottom: above 0 they penetrate, below 0 is a gap; null where the upper one is not. */
export function differences(top, bottom, pose) {
  const points = placed(bottom, pose);
  return top.map((height, column) => {
    const x = column + 0.5;
    const right = points.findIndex((point, i) => i > 0 && points[i - 1].x <= x && point.x >= x);
    if (right < 0) return null;
    const [from, to] = [points[right - 1], points[right]];
    const share = to.x === from.x ? 0 : (x - from.x) / (to.x - from.x);
    return height - (from.y + share * (to.y - from.y));
  });
}

/** Mean gap and mean penetration over the columns that face each other, in units. */
export function measure(top, bottom, pose) {
  const faced = differences(top, bottom, pose).filter(difference => difference !== null);
  const mean = part => faced.length === 0 ? 0 : faced.reduce((sum, difference) => sum + Math.max(0, part * difference), 0) / faced.length;
  return { gap: mean(-1), penetration: mean(1), columns: faced.length };
}

/** The pose without turn of the least mean absolute difference: shifts of -4 to 4 columns, each lifted by the median difference. */
export function fit(top, bottom) {
  let best = null;
  for (let shift = -4; shift <= 4; shift++) {
    const apart = differences(top, bottom, { shift, lift: 0, turn: 0 }).filter(difference => difference !== null);
    const lift = median(apart);
    const cost = apart.reduce((sum, difference) => sum + Math.abs(difference - lift), 0) / apart.length;
    if (best === null || cost < best.cost) best = { cost, pose: { shift, lift, turn: 0 } };
  }
  return best.pose;
}
