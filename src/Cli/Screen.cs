using System.Globalization;
using Spectre.Console;

namespace Switchyard.Cli;

/// <summary>How things look in a terminal.</summary>
internal static class Screen
{
    public static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        Plain();
        return table;
    }

    /// <summary>Into a pipe or a file, a row is a line, however long, and has no colours.</summary>
    public static void Plain()
    {
        if (!Console.IsOutputRedirected)
            return;
        AnsiConsole.Profile.Width = 10_000;
        AnsiConsole.Profile.Capabilities.Ansi = false;
        AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
    }

    public static void Show(Table table, int rows, string noun, bool more)
    {
        if (rows == 0)
            Console.WriteLine($"No {noun}s.");
        else
            AnsiConsole.Write(table);
        if (more)
            Console.Error.WriteLine($"There are more {noun}s; show them with --limit.");
    }

    public static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    public static string Text(string? text) => Markup.Escape(Clean(text ?? ""));

    /// <summary>A text without control characters: what a task or a user wrote must not steer the terminal.</summary>
    public static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    public static string Time(DateTimeOffset? time) => time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "-";

    public static string Took(DateTimeOffset? from, DateTimeOffset? to) => from is { } start && to is { } end ? Took(end - start) : "-";

    public static string Took(TimeSpan span) =>
        span.TotalSeconds < 60 ? span.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture)
        : span.TotalHours < 1 ? span.ToString("m\\:ss", CultureInfo.InvariantCulture)
        : span.ToString("d\\.hh\\:mm\\:ss", CultureInfo.InvariantCulture);

    public static string State(string state) => state switch
    {
        "succeeded" => "[green]succeeded[/]",
        "failed" or "timed_out" or "lost" => $"[red]{state}[/]",
        "succeeded_with_failures" or "cancelled" or "cancelling" => $"[yellow]{state}[/]",
        "running" or "starting" => $"[blue]{state}[/]",
        _ => $"[grey]{state}[/]",
    };
}
