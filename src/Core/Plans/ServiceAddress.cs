namespace Switchyard.Core.Plans;

/// <summary>
/// Where an attempt of a service is reached on its node: an address of the loopback of its own, so that services of runs
/// that go on side by side have the same ports. It follows from the attempt's id and so is known before anything starts.
/// </summary>
public static class ServiceAddress
{
    /// <summary>From 127.64.0.0 to 127.127.255.255: 22 bits that differ for ids that lie close together.</summary>
    public static string Of(long attemptId)
    {
        var bits = (uint)(((ulong)attemptId * 0x9E3779B97F4A7C15) >> 42);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"127.{64 + (bits >> 16)}.{(bits >> 8) & 255}.{bits & 255}");
    }
}
