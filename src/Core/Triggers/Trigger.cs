using System.Text.Json.Serialization;

namespace Switchyard.Core.Triggers;

/// <summary>What starts a job's runs: data on the job. Closed: the types below are all there are.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "on")]
[JsonDerivedType(typeof(ByHand), "manual")]
[JsonDerivedType(typeof(Once), "once")]
[JsonDerivedType(typeof(Cron), "cron")]
[JsonDerivedType(typeof(Periodic), "periodic")]
[JsonDerivedType(typeof(Continuous), "continuous")]
[JsonDerivedType(typeof(AfterSuccess), "after_success")]
[JsonDerivedType(typeof(FileArrival), "file_arrival")]
public abstract record Trigger
{
    private Trigger() { }

    /// <summary>Only by hand or by the API.</summary>
    public static readonly Trigger Manual = new ByHand();

    /// <summary>The word stored with the runs it makes.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    public sealed record ByHand : Trigger
    {
        public override string Kind => "manual";
    }

    /// <summary>At one instant.</summary>
    public sealed record Once(DateTimeOffset At) : Trigger
    {
        public override string Kind => "once";
    }

    /// <summary>By a Quartz expression on wall-clock time of a zone (IANA id).</summary>
    /// <param name="LeastSeconds">Seconds that two times of it are apart at the least: those in between are passed over.</param>
    public sealed record Cron(string Expression, string Zone, int LeastSeconds = 0) : Trigger
    {
        public override string Kind => "cron";
    }

    /// <summary>Every so many seconds.</summary>
    public sealed record Periodic(long EverySeconds) : Trigger
    {
        public override string Kind => "periodic";
    }

    /// <summary>Always one run; the next starts when one ends.</summary>
    public sealed record Continuous : Trigger
    {
        public override string Kind => "continuous";
    }

    /// <summary>After each successful run of another job.</summary>
    public sealed record AfterSuccess(long JobId) : Trigger
    {
        public override string Kind => "after_success";
    }

    /// <summary>When files arrive in a directory.</summary>
    public sealed record FileArrival(string Directory, int MinSecondsBetween, int SettleSeconds) : Trigger
    {
        public override string Kind => "file_arrival";
    }
}
