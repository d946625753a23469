using System.Globalization;

namespace Switchyard.Core.Plans;

/// <summary>Comparisons of condition tasks.</summary>
public static class Conditions
{
    /// <summary>
    /// The outcome, or null with the problem. Equality compares texts (<c>12.0</c> is not <c>12</c>); order compares
    /// numbers (Databricks Jobs API, ConditionTaskOp).
    /// </summary>
    public static bool? Evaluate(ConditionOp op, string left, string right, out string? problem)
    {
        problem = null;
        if (op is ConditionOp.EqualTo or ConditionOp.NotEqual)
            return string.Equals(left, right, StringComparison.Ordinal) == (op == ConditionOp.EqualTo);
        if (!Number(left, out var a))
            problem = $"'{left}' is not a number, and {op} compares numbers";
        else if (!Number(right, out var b))
            problem = $"'{right}' is not a number, and {op} compares numbers";
        else
        {
            return op switch
            {
                ConditionOp.GreaterThan => a > b,
                ConditionOp.GreaterThanOrEqual => a >= b,
                ConditionOp.LessThan => a < b,
                _ => a <= b,
            };
        }

        return null;
    }

    private static bool Number(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && !double.IsNaN(number);
}
