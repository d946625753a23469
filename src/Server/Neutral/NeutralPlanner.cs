using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;

namespace Switchyard.Server.Neutral;

/// <summary>A job's settings, planned, for as long as their version stands.</summary>
internal sealed record PlannedJob(Job Job, Compiled Compiled, PlanDocument Plan, Document Shown);

/// <summary>Plans neutral jobs, and keeps what it planned: a job that runs a thousand times a second is planned once.</summary>
/// <param name="containers">What tasks may have of containers.</param>
/// <param name="executors">The kinds of places there are; null for processes alone.</param>
public sealed class NeutralPlanner(ContainerRules containers, IReadOnlyList<string>? executors = null) : IPlanner, ISweepPlanner
{
    private const int MostKept = 4096;
    private const long MostKeptCharacters = 64 * 1024 * 1024;

    private readonly ConcurrentDictionary<long, PlannedJob> _kept = new();
    private long _keptCharacters;

    /// <inheritdoc/>
    public string Dialect => NeutralDialect.DialectName;

    /// <summary>Checks settings as a client sent them.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="ownerId">Whose job they make.</param>
    internal Result<Compiled> Read(ReadOnlySpan<byte> settings, long ownerId) => NeutralPlan.Read(settings, containers, executors ?? [Core.Execution.Place.Process], ownerId);

    /// <summary>The plan of a job if it was planned before, of whatever version: an insertion with an old one is refused by the store.</summary>
    internal PlannedJob? Kept(long jobId) => _kept.GetValueOrDefault(jobId);

    /// <summary>Forgets a job whose settings changed.</summary>
    internal void Forget(long jobId)
    {
        if (_kept.TryRemove(jobId, out var old))
            Interlocked.Add(ref _keptCharacters, -old.Job.Settings.Length);
    }

    /// <summary>The plan of exactly these settings.</summary>
    internal Result<PlannedJob> Plan(Job job)
    {
        if (_kept.TryGetValue(job.Id, out var kept) && kept.Job.Version == job.Version)
            return kept;
        if (!Read(Encoding.UTF8.GetBytes(job.Settings), job.OwnerId).Ok(out var compiled, out var refusal))
            return refusal;
        var planned = new PlannedJob(job, compiled, PlanDocument.Of(compiled.Plan), Document.Of(job.Settings));
        if (_kept.Count >= MostKept || Interlocked.Add(ref _keptCharacters, job.Settings.Length) > MostKeptCharacters)
        {
            _kept.Clear();
            Interlocked.Exchange(ref _keptCharacters, job.Settings.Length);
        }

        _kept[job.Id] = planned;
        return planned;
    }

    /// <inheritdoc/>
    public Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop)
    {
        if (!Plan(job).Ok(out var planned, out var refusal))
            return Task.FromResult<Result<RunRequest>>(refusal);
        var request = Request(planned, inputs.Parameters.ToDictionary(pair => pair.Key, string? (pair) => pair.Value));
        return Task.FromResult<Result<RunRequest>>(request.Ok(out var run, out refusal)
            ? run with { TriggerKind = inputs.TriggerKind, TriggeredAt = inputs.At, ParentAttemptId = inputs.ParentAttemptId }
            : refusal);
    }

    /// <inheritdoc/>
    public Task<Result<RunRequest>> Plan(Job job, SweepPoint point, CancellationToken stop) => Task.FromResult(
        Plan(job).Ok(out var planned, out var refusal) ? Request(planned, point.Texts().ToDictionary(pair => pair.Key, string? (pair) => pair.Value)) : refusal);

    /// <summary>A run of a planned job, with parameters of its own.</summary>
    internal static Result<RunRequest> Request(PlannedJob planned, IReadOnlyDictionary<string, string?>? parameters)
    {
        var plan = planned.Plan;
        string? overrides = null;
        if (parameters is { Count: > 0 })
        {
            if (!Merge(plan.Plan.Parameters, parameters).Ok(out var merged, out var refusal))
                return refusal;
            plan = PlanDocument.Of(plan.Plan with { Parameters = merged });
            overrides = Write(parameters);
        }

        return new RunRequest
        {
            Job = planned.Job,
            Kind = RunKind.Job,
            Name = planned.Job.Name,
            OwnerId = planned.Job.OwnerId,
            Plan = plan,
            Shown = planned.Shown,
            Overrides = overrides,
            TimeoutMs = planned.Compiled.Settings.TimeoutMs ?? 0,
        };
    }

    /// <summary>The parameters of a plan with others in place of some.</summary>
    internal static Result<Dictionary<string, string>> Merge(IReadOnlyDictionary<string, string> own, IReadOnlyDictionary<string, string?> others)
    {
        var merged = new Dictionary<string, string>(own, StringComparer.Ordinal);
        foreach (var (name, value) in others)
        {
            if (!merged.ContainsKey(name))
            {
                return Http.Invalid(
                    merged.Count == 0 ? "the job has no parameters" : $"the job has no parameter of this name; it has {string.Join(", ", merged.Keys)}", $"parameters.{name}");
            }

            if (value is null || value.Contains('\0'))
                return Http.Invalid("a text without NUL is expected", $"parameters.{name}");
            merged[name] = value;
        }

        return merged;
    }

    /// <summary>The parameters of one run as they are kept with it.</summary>
    internal static string Write(IEnumerable<KeyValuePair<string, string?>> parameters)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in parameters)
                writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}
