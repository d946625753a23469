/** Colours of a scale, from little to much: ten, as many as can be told apart. */
export const steps: readonly string[] = ['#d5e6fa', '#bcd6f4', '#a2c5ee', '#86b3e6', '#6a9fdd', '#4f8bd1', '#3877c2', '#2763ad', '#1a5093', '#103d75'];

/** The colour of a share, 0 to 1. */
export const stepOf = (share: number): string => steps[Math.round(Math.max(0, Math.min(1, share)) * (steps.length - 1))]!;

/** The colour of a text on a step. */
export const inkOn = (step: string): string => (steps.indexOf(step) < 5 ? '#0c2340' : '#ffffff');
