using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>What the insertion and the end of a run need to know of its job.</summary>
internal sealed class JobFact
{
    /// <summary>The version of its settings; null when it is deleted.</summary>
    public int? Version { get; init; }

    /// <summary>How many runs were made of it before this group.</summary>
    public long Made { get; init; }

    /// <summary>Whom its runs tell; null for nobody.</summary>
    public string? Notify { get; init; }

    /// <summary>Whether it always has a run.</summary>
    public bool Continuous { get; init; }

    /// <summary>How many of its runs failed in a row.</summary>
    public int Failures { get; set; }
}

/// <summary>The jobs of a group's runs, and when the next runs of continuous ones are due: that is made with the end of the run before, so that none is forgotten.</summary>
internal sealed class JobFacts
{
    private readonly Dictionary<long, JobFact> _facts = [];
    private readonly Dictionary<long, DateTimeOffset> _due = [];

    /// <summary>A job, or null for one that never was.</summary>
    public JobFact? this[long id] => _facts.GetValueOrDefault(id);

    /// <summary>Queues the look at some jobs.</summary>
    public void Ask(Database db, IReadOnlyCollection<long> ids)
    {
        if (ids.Count == 0)
            return;
        foreach (var id in ids)
            _facts.Remove(id);
        db.Queue(
            """
            select j.id, case when j.deleted_at is null then j.version end, coalesce(c.made, 0), j.notify, j.continuous and j.deleted_at is null, j.failures
            from jobs j left join job_counters c on c.job_id = j.id where j.id = any($1)
            """)
            .Add([.. ids])
            .Each(row => _facts[row.Long()] = new JobFact
            {
                Version = row.IntOrNull(),
                Made = row.Long(),
                Notify = row.TextOrNull(),
                Continuous = row.Bool(),
                Failures = row.Int(),
            });
    }

    /// <summary>A job that this group inserts.</summary>
    public void Add(long id, JobFact fact) => _facts[id] = fact;

    /// <summary>A run of a job has ended.</summary>
    public void Ended(long jobId, RunState state, DateTimeOffset at)
    {
        if (this[jobId] is { Continuous: true } job)
            (job.Failures, _due[jobId]) = ContinuousPace.After(state, job.Failures, at);
    }

    public void Forget()
    {
        _facts.Clear();
        _due.Clear();
    }

    public void Flush(Database db)
    {
        if (_due.Count > 0)
        {
            var due = _due.OrderBy(entry => entry.Key).ToList();
            db.Queue("update jobs j set failures = n.failures, next_fire_at = n.due from unnest($1::bigint[], $2::int[], $3::bigint[]) n (id, failures, due) where j.id = n.id")
                .Add(due.ConvertAll(entry => entry.Key)).Add(due.ConvertAll(entry => _facts[entry.Key].Failures)).Add(due.ConvertAll(entry => Instants.Write(entry.Value)));
        }

        _due.Clear();
    }
}
