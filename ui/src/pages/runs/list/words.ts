const triggers: Record<string, string> = {
  manual: 'By hand',
  once: 'At a time',
  cron: 'Schedule',
  periodic: 'Periodic',
  continuous: 'Continuous',
  after_success: 'After a job',
  file_arrival: 'File arrival',
  sweep: 'Sweep',
  run_job: 'By a task',
  retry: 'Retry',
};

/** What starts runs, in a word or two. */
export const triggerWord = (kind: string): string => triggers[kind] ?? (kind.charAt(0).toUpperCase() + kind.slice(1)).replaceAll('_', ' ');
