using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Edge;
using Switchyard.Engine;

namespace Switchyard.Server.Neutral;

/// <summary>When schedules fire.</summary>
internal sealed class ScheduleRoutes(Desk desk)
{
    private const int MostFires = 100;
    private const int Usual = 5;
    private static readonly IReadOnlyList<string> FiveFields = ["orchest", "cloudera"];

    /// <summary>The next times of an expression that somebody is about to use.</summary>
    public async Task Preview(HttpContext http)
    {
        if (!(await Desk.Read(http, WireJson.Default.SchedulePreview).ConfigureAwait(false)).Ok(out var asked, out var refusal) || !Read(asked).Ok(out var cron, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var now = desk.Clock.GetUtcNow();
        await http.Answer(new FiresWire(Times(cron, NextFire.After(cron, now), asked.Count ?? Usual), cron.Zone), WireJson.Default.FiresWire).ConfigureAwait(false);
    }

    /// <summary>The next times at which a job's trigger starts it; none for one that is paused, or that no time starts.</summary>
    public async Task OfJob(HttpContext http)
    {
        var query = new Query(http);
        var count = query.Number("count", 1, MostFires) ?? Usual;
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Job(http).ConfigureAwait(false)).Ok(out var job, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var times = job.Paused ? [] : Times(job.Trigger, job.NextFireAt, (int)count);
        await http.Answer(new FiresWire(times, (job.Trigger as Trigger.Cron)?.Zone ?? "UTC"), WireJson.Default.FiresWire).ConfigureAwait(false);
    }

    private static Result<Trigger.Cron> Read(SchedulePreview asked)
    {
        if (asked.Cron is not { Length: > 0 and <= 1000 } text)
            return Http.Invalid("a cron expression is expected", "cron");
        if (asked.Count is < 1 or > MostFires)
            return Http.Invalid($"use 1 to {MostFires}", "count");
        var zone = asked.Zone ?? "UTC";
        if (Schedules.Problem(new Trigger.Cron("0 0 12 * * ?", zone)) is { } wrong)
            return Http.Invalid(wrong, "zone");
        var five = asked.Dialect is { } dialect ? FiveFields.Contains(dialect) : text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length == 5;
        if (five)
        {
            if (!CronText.ToQuartz(text).Ok(out var quartz, out var refusal))
                return refusal with { Message = "cron" + refusal.Message["schedule".Length..], Field = "cron" };
            text = quartz;
        }

        var cron = new Trigger.Cron(text, zone);
        return Schedules.Problem(cron) is { } problem ? Http.Invalid(problem, "cron") : cron;
    }

    private static List<DateTimeOffset> Times(Trigger trigger, DateTimeOffset? first, int count)
    {
        var times = new List<DateTimeOffset>(count);
        for (var at = first; at is { } time && times.Count < count; at = trigger is Trigger.Continuous ? null : NextFire.Following(trigger, time, time))
            times.Add(time);
        return times;
    }
}

/// <summary>An expression to look at.</summary>
internal sealed record SchedulePreview
{
    public string? Cron { get; init; }
    public string? Zone { get; init; }
    public int? Count { get; init; }

    /// <summary>Whose syntax it is in; by the number of its fields where nothing is said.</summary>
    public string? Dialect { get; init; }
}

internal sealed record FiresWire(IReadOnlyList<DateTimeOffset> Next, string Zone);
