namespace Switchyard.Bench;

/// <summary>One line of the table: ours and the peer in the same run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Ours">Our number.</param>
/// <param name="Peer">The peer's number, or null where there is none.</param>
/// <param name="Unit">Of both.</param>
/// <param name="Against">Who the peer is.</param>
/// <param name="Note">What else a reader should know.</param>
internal sealed record Line(string Name, double Ours, double? Peer, string Unit, string Against, string Note = "")
{
    public double? Ratio => Peer is null or 0 ? null : Ours / Peer;
}

/// <summary>Small sizes for a look, full sizes for the record.</summary>
internal sealed record Sizes(bool Quick)
{
    public int Rounds => Quick ? 3 : 5;
    public int Jobs => Quick ? 1_500 : 5_000;
    public int Conditions => Quick ? 20_000 : 100_000;
    public int Files => Quick ? 2_000 : 20_000;
    public int Grid => Quick ? 200 : 1_000;
    public int Latencies => Quick ? 100 : 500;
}

internal static class Statistics
{
    public static double Median(IEnumerable<double> values) => Percentile(values, 50);

    public static double Percentile(IEnumerable<double> values, double percent)
    {
        var sorted = values.Order().ToArray();
        var at = percent / 100 * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
