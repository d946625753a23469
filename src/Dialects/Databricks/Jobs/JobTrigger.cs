using System.Text.Json.Nodes;
using NodaTime;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Databricks.Wire;
using Schedules = Switchyard.Dialects.Edge.Schedules;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>Schedules and triggers of settings: checked at save, and as the neutral trigger.</summary>
internal static class JobTrigger
{
    /// <summary>The problem with the trigger, or null.</summary>
    public static Problem? Check(JsonObject settings)
    {
        string[] names = ["schedule", "continuous", "trigger"];
        var given = names.Where(settings.ContainsKey).ToList();
        if (given.Count > 1)
            return Problem.Invalid($"Only one of schedule, continuous and trigger can be set, but the job has {string.Join(" and ", given)}. Keep one of them.");
        if (settings.Object("schedule") is { } schedule)
            return Schedule(schedule);
        if (settings.Object("continuous") is { } continuous && !IsPaused(continuous))
            return Problem.Invalid("continuous is not available on this server. Use schedule or trigger.periodic, or set continuous.pause_status to PAUSED to keep it stored only.");
        if (settings.Object("trigger") is { } trigger && !IsPaused(trigger) && !trigger.ContainsKey("periodic"))
        {
            var kind = trigger.FirstOrDefault(pair => pair.Value is JsonObject).Key ?? "trigger";
            return Problem.Invalid($"trigger.{kind} is not available on this server. Use schedule or trigger.periodic, or set trigger.pause_status to PAUSED to keep it stored only.");
        }

        return null;
    }

    /// <summary>The neutral trigger of settings that <see cref="Check"/> let pass.</summary>
    public static (Trigger Trigger, bool Paused) Of(JsonObject settings)
    {
        if (settings.Object("schedule") is { } schedule)
            return (new Trigger.Cron(schedule.Text("quartz_cron_expression")!, schedule.Text("timezone_id")!), IsPaused(schedule));
        if (settings.Object("continuous") is { } continuous)
            return (new Trigger.Continuous(), IsPaused(continuous));
        if (settings.Object("trigger") is { } trigger && trigger.Object("periodic") is { } periodic)
            return (new Trigger.Periodic(periodic.Whole("interval")!.Value * Unit(periodic.Text("unit")!)), IsPaused(trigger));
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
