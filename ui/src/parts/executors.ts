/** Where tasks can run, as settings name it; a server refuses what is not set up there. */
export const executors = [
  { value: 'process', label: 'processes of a server' },
  { value: 'slurm', label: 'jobs of the Slurm cluster' },
];
