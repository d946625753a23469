using System.Text.Json.Nodes;
using NodaTime;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Databricks.Wire;
using Schedules = Switchyard.Dialects.Edge.Schedules;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>Schedules and triggers of settings: checked at save, and as the neutral trigger.</summary>
internal static class JobTrigger
{
    /// <summary>The platform runs no schedule more often, whatever its seconds say.</summary>
    private const int LeastSeconds = 10;

    private const string Between = "min_time_between_triggers_seconds";
    private const string Settle = "wait_after_last_change_seconds";

    /// <summary>The problem with the trigger, or null.</summary>
    public static Problem? Check(JsonObject settings)
    {
        string[] names = ["schedule", "continuous", "trigger"];
        var given = names.Where(settings.ContainsKey).ToList();
        if (given.Count > 1)
            return Problem.Invalid($"Only one of schedule, continuous and trigger can be set, but the job has {string.Join(" and ", given)}. Keep one of them.");
        if (settings.Object("schedule") is { } schedule)
            return Schedule(schedule);
        if (settings.Object("trigger") is not { } trigger || IsPaused(trigger))
            return null;
        string[] served = ["periodic", "file_arrival"];
        var kinds = trigger.Where(pair => pair.Value is JsonObject).Select(pair => pair.Key).ToList();
        if (kinds.Count != 1)
            return Problem.Invalid($"Only one kind of trigger can be set, but trigger has {(kinds.Count == 0 ? "none" : string.Join(" and ", kinds))}. Give it one of {string.Join(" and ", served)}.");
        if (!served.Contains(kinds[0]))
            return Problem.Invalid($"trigger.{kinds[0]} is not available on this server. Use schedule, trigger.periodic or trigger.file_arrival, or set trigger.pause_status to PAUSED to keep it stored only.");
        return trigger.Object("file_arrival") is { } arrival ? Arrival(arrival) : null;
    }

    /// <summary>The problem with the place where the trigger waits for files, or null.</summary>
    public static Problem? Place(JsonObject settings, DatabricksOptions options) =>
        settings.Object("trigger") is { } trigger && !IsPaused(trigger) && trigger.Object("file_arrival") is { } arrival && !ArrivalUrl.Directory(arrival.Text("url")!, options).Ok(out _, out var problem)
            ? problem
            : null;

    private static Problem? Arrival(JsonObject arrival)
    {
        foreach (var name in new[] { Between, Settle })
        {
            if (arrival.Whole(name) is > 0 and < 60 and var seconds)
                return Problem.Invalid($"Invalid value for parameter trigger.file_arrival.{name}: {seconds}. Use 0 or at least 60.");
        }

        return null;
    }

    /// <summary>The neutral trigger of settings that <see cref="Check"/> let pass.</summary>
    public static (Trigger Trigger, bool Paused) Of(JsonObject settings, DatabricksOptions options)
    {
        if (settings.Object("schedule") is { } schedule)
            return (new Trigger.Cron(schedule.Text("quartz_cron_expression")!, schedule.Text("timezone_id")!, LeastSeconds), IsPaused(schedule));
        if (settings.Object("continuous") is { } continuous)
            return (new Trigger.Continuous(), IsPaused(continuous));
        if (settings.Object("trigger") is { } trigger && trigger.Object("periodic") is { } periodic)
            return (new Trigger.Periodic(periodic.Whole("interval")!.Value * Unit(periodic.Text("unit")!)), IsPaused(trigger));
        // Of a paused one nothing was checked: it is stored only.
        if (settings.Object("trigger") is { } waiting && waiting.Object("file_arrival") is { } arrival && !IsPaused(waiting) && ArrivalUrl.Directory(arrival.Text("url")!, options).Ok(out var directory, out _))
            return (new Trigger.FileArrival(directory, (int)(arrival.Whole(Between) ?? 0), (int)(arrival.Whole(Settle) ?? 0)), false);
        return (Trigger.Manual, false);
    }

    private static long Unit(string unit) => unit switch
    {
        "MINUTES" => 60,
        "HOURS" => 3600,
        "DAYS" => 86_400,
        _ => 7 * 86_400,
    };

    private static bool IsPaused(JsonObject holder) => holder.Text("pause_status") == "PAUSED";

    private static Problem? Schedule(JsonObject schedule)
    {
        var expression = schedule.Text("quartz_cron_expression")!;
        if (Schedules.Problem(new Trigger.Cron(expression, "UTC")) is not null)
        {
            return Problem.Invalid(
                $"Invalid quartz_cron_expression: {expression}. Databricks uses Quartz cron syntax, which is different from the standard cron syntax. "
                + "See http://www.quartz-scheduler.org/documentation/quartz-2.1.x/tutorials/crontrigger.html for more details.");
        }

        var zone = schedule.Text("timezone_id")!;
        return DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is null
            ? Problem.Invalid($"Invalid value for parameter schedule.timezone_id: '{zone}' is not a known time zone. Use an id such as Europe/London, US/Pacific or UTC.")
            : null;
    }
}
